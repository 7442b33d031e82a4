// The errors a call can end with, and what each says about whether the method ran.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rmi {

/// Whether the method may have run when a call ended with an error.
///
/// `not_executed`  it surely did not: calling again is safe.
/// `unknown`       it may have run, once: call again only if running twice does no harm.
/// `executed`      it ran, and ended with an exception of its own.
enum class Outcome : std::uint8_t { not_executed = 0, unknown = 1, executed = 2 };

/// "not executed", "unknown" or "executed".
std::string_view to_string(Outcome outcome) noexcept;

/// The number under which an error class travels. Values are part of the wire protocol.
enum class ErrorCode : std::uint8_t {
  not_connected = 1,
  name_not_found = 2,
  method_not_found = 3,
  signature_mismatch = 4,
  overloaded = 5,
  draining = 6,
  access_denied = 7,
  bad_arguments = 8,
  message_too_large = 9,
  connection_lost = 10,
  timeout = 11,
  cancelled = 12,
  remote = 13,
  name_taken = 14,
  unknown_session = 15,  ///< the peer must greet again; never reaches user code
  protocol = 16,         ///< unknown version or kind, or a frame that breaks the grammar
};

/// "NotConnected", "NameNotFound" and so on: the name of the class below.
std::string_view to_string(ErrorCode code) noexcept;

/// What every error of the bus says. Values of it are thrown as one of the classes below.
/// Thread safety: as std::runtime_error.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, Outcome outcome, const std::string& text);
  ErrorCode code() const noexcept { return code_; }
  Outcome outcome() const noexcept { return outcome_; }

 private:
  ErrorCode code_;
  Outcome outcome_;
};

namespace detail {
/// One class per code, so that each can be caught by its own name.
template <ErrorCode Code, Outcome Default>
class CodedError : public Error {
 public:
  explicit CodedError(const std::string& text, Outcome outcome = Default)
      : Error(Code, outcome, text) {}
};
}  // namespace detail

/// No broker (or daemon) was reached; the text names the endpoint and what was tried.
class NotConnected : public detail::CodedError<ErrorCode::not_connected, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// No object is served under that name; the text offers the nearest names.
class NameNotFound : public detail::CodedError<ErrorCode::name_not_found, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// The object has no such method; the text offers the nearest ones.
class MethodNotFound
    : public detail::CodedError<ErrorCode::method_not_found, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// Caller and server were built against different signatures; the text shows both.
class SignatureMismatch
    : public detail::CodedError<ErrorCode::signature_mismatch, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// A limit was reached; the text says which, how much is used, the limit and whose it is.
class Overloaded : public detail::CodedError<ErrorCode::overloaded, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// The daemon or the broker is shutting down.
class Draining : public detail::CodedError<ErrorCode::draining, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// The principal may not do that; the text names principal, action and object, nothing more.
class AccessDenied : public detail::CodedError<ErrorCode::access_denied, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// The arguments could not be decoded, or do not fit the signature.
class BadArguments : public detail::CodedError<ErrorCode::bad_arguments, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// A message is over the size limit of this end or of the other one.
class MessageTooLarge
    : public detail::CodedError<ErrorCode::message_too_large, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// The daemon or the broker went away after the call was handed over.
class ConnectionLost : public detail::CodedError<ErrorCode::connection_lost, Outcome::unknown> {
  using CodedError::CodedError;
};
/// The deadline passed; the text says where the call was then: queued, running or replying.
class TimeoutError : public detail::CodedError<ErrorCode::timeout, Outcome::unknown> {
  using CodedError::CodedError;
};
/// The caller gave up.
class Cancelled : public detail::CodedError<ErrorCode::cancelled, Outcome::unknown> {
  using CodedError::CodedError;
};
/// The name is served by somebody else already; the text says by whom.
class NameTaken : public detail::CodedError<ErrorCode::name_taken, Outcome::not_executed> {
  using CodedError::CodedError;
};
/// The peer does not speak this protocol, or not this version of it.
class ProtocolError : public detail::CodedError<ErrorCode::protocol, Outcome::unknown> {
  using CodedError::CodedError;
};

/// Where an exception that came from a method was thrown. Every exception that arrives from
/// another process derives from it as well as from its own type:
/// `catch (const rmi::RemoteInfo& info)` sees them all.
struct RemoteInfo {
  /// One exception of a chain of `std::nested_exception`s.
  struct Cause {
    std::string type;
    std::string text;
  };
  std::string type;    ///< C++ type as the daemon names it, e.g. "std::out_of_range"
  std::string text;    ///< what()
  std::string object;  ///< name the object was called by
  std::string method;
  std::string host;
  std::string process;        ///< program name and process id, e.g. "greeter[4711]"
  std::vector<Cause> causes;  ///< nested exceptions, outermost first, without this one

  RemoteInfo() = default;
  RemoteInfo(const RemoteInfo&) = default;
  RemoteInfo(RemoteInfo&&) = default;  // the destructor below would leave only copies
  RemoteInfo& operator=(const RemoteInfo&) = default;
  RemoteInfo& operator=(RemoteInfo&&) = default;
  virtual ~RemoteInfo() = default;
};

/// A method threw something whose type does not exist here; type() names it.
class RemoteError : public Error, public RemoteInfo {
 public:
  explicit RemoteError(RemoteInfo info);
};

}  // namespace rmi
