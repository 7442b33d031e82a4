// Exceptions to error payloads, and back to exceptions of the same type.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "bus/control.hpp"

namespace rmi {

/// Where an exception leaves a method.
struct ThrowSite {
  std::string_view object;
  std::string_view method;
  std::string_view host;
  std::string_view process;
};

/// The payload that tells the caller what a method threw: type as C++ spells it, text, code of a
/// std::system_error, and the chain of nested exceptions.
ErrorPayload describe_exception(const std::exception_ptr& thrown, const ThrowSite& site);

/// Throws what the payload says: one of the classes of <rmi/errors.hpp>, or, when a method threw a
/// std exception, that type (which then also derives from RemoteInfo), else RemoteError.
[[noreturn]] void throw_error(ErrorPayload error);

}  // namespace rmi
