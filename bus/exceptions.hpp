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
/// std::system_error, fields of a type known by RMI_EXCEPTION, and the chain of nested exceptions.
ErrorPayload describe_exception(const std::exception_ptr& thrown, const ThrowSite& site);

/// What a method threw as one line of a log shows it: "std::runtime_error: no, because of ...".
std::string thrown_text(const ErrorPayload& error);

/// Throws what the payload says: one of the classes of <rmi/errors.hpp>, or, when a method threw a
/// std exception or one of RMI_EXCEPTION, that type (which then also derives from RemoteInfo), else
/// RemoteError.
[[noreturn]] void throw_error(ErrorPayload error);

/// For the end of a call that was made again after an attempt of which nobody knows whether it ran:
/// that the last attempt was not executed does not say that none was. @return the same error,
/// `unknown` if it was `not_executed`.
std::exception_ptr in_doubt(std::exception_ptr error) noexcept;
/// For the end of a call that was not sent, because another one that had to be made before it
/// failed. @return the same error, but `not_executed`.
std::exception_ptr not_begun(std::exception_ptr error) noexcept;

}  // namespace rmi
