// From what a person typed to the name of an object.
#pragma once

#include <optional>
#include <string>

#include <rmi/endpoint.hpp>
#include <rmi/errors.hpp>
#include <rmi/uri.hpp>

#include "cli/session.hpp"

namespace rmi::cli {

/// Where the session goes: to the broker that the name tells, or straight to a daemon.
struct Place {
  std::optional<Endpoint> endpoint{};  ///< nothing: the broker that the options say
  bool daemon = false;
};

/// @throws UsageError  a broker was given for what is called without one.
Place place_of(const Uri& uri, const CommonOptions& options);

/// What to say when a Place that is a daemon could not be reached.
NotConnected no_daemon(const Endpoint& endpoint);

/// The name that a URI stands for. For `rmimeta:` the least busy object with these tags.
/// @param wait  whether to wait for the name until the session's deadline, where there is a broker
///              that can wait.
/// @throws UsageError; NameNotFound when no object has the tags; TimeoutError.
std::string find_object(Session& session, const Uri& uri, bool wait);

}  // namespace rmi::cli
