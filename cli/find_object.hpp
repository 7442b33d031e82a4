// From what a person typed to the name of an object.
#pragma once

#include <string>

#include <rmi/uri.hpp>

#include "cli/session.hpp"

namespace rmi::cli {

/// The name that a URI stands for. For `rmimeta:` the least busy object with these tags.
/// @param wait  whether to wait for the name until the session's deadline, where there is a broker
///              that can wait.
/// @throws UsageError; NameNotFound when no object has the tags; TimeoutError.
std::string find_object(Session& session, const Uri& uri, bool wait);

}  // namespace rmi::cli
