// Everything that a service and its callers need.
#pragma once

#include <rmi/any_proxy.hpp>
#include <rmi/bus.hpp>
#include <rmi/daemon.hpp>
#include <rmi/errors.hpp>
#include <rmi/interface.hpp>
#include <rmi/names.hpp>
#include <rmi/proxy.hpp>
#include <rmi/uri.hpp>
