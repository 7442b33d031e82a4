// Everything that a service and its callers need.
#pragma once

#include <rmi/any_proxy.hpp>
#include <rmi/batch.hpp>
#include <rmi/blob.hpp>
#include <rmi/bus.hpp>
#include <rmi/context.hpp>
#include <rmi/daemon.hpp>
#include <rmi/errors.hpp>
#include <rmi/exception.hpp>
#include <rmi/future.hpp>
#include <rmi/interface.hpp>
#include <rmi/names.hpp>
#include <rmi/proxy.hpp>
#include <rmi/raw.hpp>
#include <rmi/reference.hpp>
#include <rmi/stream.hpp>
#include <rmi/task.hpp>
#include <rmi/uri.hpp>
