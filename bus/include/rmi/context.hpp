// What a method can know about the call that it answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include <rmi/annotations.hpp>
#include <rmi/broker_control.hpp>

namespace rmi {

class Bus;
struct ServedCall;

/// The call that a thread, or a coroutine, of a daemon is answering.
///
/// Calls that are made meanwhile inherit its deadline and its correlation id by themselves.
/// A value: copies show the same call. Lifetime: until the call is answered; keep none longer.
/// Thread safety: one thread at a time, except stop_token().
class Context {
 public:
  explicit Context(ServedCall& call) noexcept : call_(&call) {}

  /// Number of the caller's session; the same for all calls over one connection, until it ends.
  std::uint32_t session() const noexcept;
  /// Who calls, as the broker knows it. Asks the broker once for each session, and blocks for that.
  /// @throws NameNotFound  the caller's session has ended meanwhile.
  SessionInfo caller() const;
  /// The bus over which the call came: for calls to others.
  Bus& bus() const noexcept;

  std::string_view object() const noexcept;
  std::string_view method() const noexcept;
  /// Whether nobody waits for an answer.
  bool oneway() const noexcept;

  /// Time until the caller stops waiting; nothing if the call has no deadline. Never negative.
  std::optional<std::chrono::milliseconds> remaining() const;
  /// Is stopped when the caller gives up, goes away, or its time is over. Thread safe.
  std::stop_token stop_token() const;

  /// Text of at most 64 bytes that is the same in all calls that one call leads to, and stands in
  /// the logs of all processes on the way. Made up here unless the caller, or its caller, set one
  /// (CorrelationScope).
  const std::string& correlation_id() const;

  /// Note of that key that came with the call; nothing if there is none. A view into the message.
  std::optional<std::span<const std::byte>> annotation(std::string_view key) const;
  /// All notes, those of the bus itself left out.
  Annotations annotations() const;
  /// Leaves a note for the caller, which comes with the answer. @throws std::invalid_argument  an
  /// empty key, one of more than 255 bytes, or one that begins with `rmi.`.
  void annotate(std::string key, std::vector<std::byte> value) const;

  /// Has something done when the caller's session ends, on a thread of the bus: to close what was
  /// opened for it. What was asked for last is done first. Must not throw.
  /// @return a number for forget().
  std::uint64_t at_session_end(std::function<void()> act) const;
  /// Takes that back. @return false if it was done already.
  bool forget(std::uint64_t number) const;

 private:
  ServedCall* call_;
};

/// The context of the calling thread or coroutine. @throws std::logic_error  it answers no call.
Context context();
/// Nothing if it answers no call.
std::optional<Context> current_context() noexcept;

/// Gives the calls that this thread makes a correlation id, until its end.
class CorrelationScope {
 public:
  /// @throws std::invalid_argument  it is empty, longer than 64 bytes, or has control characters.
  explicit CorrelationScope(std::string id);
  ~CorrelationScope();
  CorrelationScope(const CorrelationScope&) = delete;
  CorrelationScope& operator=(const CorrelationScope&) = delete;

 private:
  std::string id_;
  const std::string* before_;
};

}  // namespace rmi
