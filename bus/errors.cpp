// Names of the error classes and outcomes.
#include <rmi/errors.hpp>

#include <array>
#include <utility>

namespace rmi {

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::not_executed:
      return "not executed";
    case Outcome::unknown:
      return "unknown";
    case Outcome::executed:
      return "executed";
  }
  return "unknown";
}

std::string_view to_string(ErrorCode code) noexcept {
  static constexpr std::array<std::string_view, 17> names{
      "Error",          "NotConnected", "NameNotFound", "MethodNotFound", "SignatureMismatch",
      "Overloaded",     "Draining",     "AccessDenied", "BadArguments",   "MessageTooLarge",
      "ConnectionLost", "TimeoutError", "Cancelled",    "RemoteError",    "NameTaken",
      "UnknownSession", "ProtocolError"};
  const auto index = static_cast<std::size_t>(code);
  return index < names.size() ? names[index] : names[0];
}

Error::Error(ErrorCode code, Outcome outcome, const std::string& text)
    : std::runtime_error(text), code_(code), outcome_(outcome) {}

RemoteError::RemoteError(RemoteInfo info)
    : Error(ErrorCode::remote, Outcome::executed, info.type + ": " + info.text),
      RemoteInfo(std::move(info)) {}

}  // namespace rmi
