// From typed arguments to the connection and back: the caller's half of a call.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rmi/annotations.hpp>
#include <rmi/archive.hpp>
#include <rmi/bus.hpp>
#include <rmi/detail/function_ref.hpp>
#include <rmi/detail/recycled.hpp>
#include <rmi/future.hpp>
#include <rmi/method_traits.hpp>
#include <rmi/path.hpp>

namespace rmi::detail {

/// Keeps a reference alive at the other side; see Imports.
class Import;

/// Which object, over which bus, within what time, and how.
struct CallTarget {
  Bus* bus = nullptr;
  std::string object{};
  std::chrono::milliseconds timeout{30000};
  bool own_timeout = false;    ///< goes before the timeout that a method asks for
  bool oneway = false;         ///< nobody waits for an answer
  bool sticky = false;         ///< of a shared name: always the same daemon
  bool wait_for_name = false;  ///< wait, within the timeout, until the name is there
  bool no_wait = false;        ///< of CallSpec
  bool retried = false;        ///< make it again when it is lost; the object keeps its replies
  Path path = Path::brokered;
  std::string endpoint{};  ///< of a daemon that listens itself, and no other way; empty: see path
  std::shared_ptr<const Annotations> annotations{};  ///< notes for the method
  Annotations* answered = nullptr;                   ///< where the method's own notes go
  std::shared_ptr<const Import> held{};              ///< of a reference
};

/// Which method, and the signature that this program was built against.
struct CallMethod {
  std::string_view name;
  std::uint32_t signature = 0;                       ///< its hash; 0 for reserved methods
  std::string (*print)(std::string_view) = nullptr;  ///< the signature as text, for error texts
  MethodTraits traits{};
};

/// How to call, over this bus, what an URI or a bare word stands for.
/// @throws UriError  it is malformed, or names another broker than the bus is connected to.
CallTarget target_of(Bus& bus, std::string_view uri);

/// Blocks until the name of the target is served. @throws TimeoutError, and as a call.
void wait_for_name(const CallTarget& target, std::chrono::milliseconds longest);

/// @throws std::invalid_argument  the timeout is not positive.
std::chrono::milliseconds checked_timeout(std::chrono::milliseconds timeout);

using Encode = FunctionRef<void(std::span<std::byte>)>;
/// Gets the payload of a reply, and who keeps it if a value is to share it.
using Decode = FunctionRef<void(std::span<const std::byte>, ByteOwner*)>;

/// The part of a call that needs no types. `encode` writes what the extent is of; `decode` gets the
/// payload of the reply; it is not called when the call is oneway.
/// @throws the classes of <rmi/errors.hpp>, and what the method threw.
void call(const CallTarget& target, const CallMethod& method, Extent payload, Encode encode,
          Decode decode);

/// A call that is under way, and what its end leads to.
class AsyncEnd {
 public:
  virtual ~AsyncEnd() = default;
  // One of these two, once.
  /// Decodes the result and completes the future. May throw what decoding throws; fail() follows.
  virtual void reply(std::span<const std::byte> payload, ByteOwner* owner) = 0;
  virtual void fail(std::exception_ptr error) noexcept = 0;
  /// Whether a thread that waits for it calls AsyncCall::help(), and all else that waits has
  /// await() called.
  virtual bool may_be_helped() const noexcept { return false; }
};

/// A call under way, for whoever waits for it. Thread safe.
class AsyncCall {
 public:
  virtual ~AsyncCall() = default;
  virtual void cancel() noexcept = 0;
  /// Receives on this thread what ends calls, until `state` is ready or the time has come, if
  /// nobody else is to do that; else as await().
  virtual void help(const StateBase& state, StateBase::Time deadline) noexcept = 0;
  /// A thread that helps has nothing more to wait for.
  virtual void wake_helper() noexcept = 0;
  /// The end leads to something though no thread may help.
  virtual void await() noexcept = 0;
};

/// Begins a call and returns; `end` is told on a thread of the bus, or on one that waits for a
/// future of this bus.
std::shared_ptr<AsyncCall> start(const CallTarget& target, const CallMethod& method, Extent payload,
                                 Encode encode, std::shared_ptr<AsyncEnd> end);

/// The end of a call that completes a future. Both are one piece of memory, which lives as long as
/// the future or the call.
template <class R>
class CallEnd : public FutureState<R>, public AsyncEnd {
 public:
  /// The future of an end that is new. Once.
  template <class End>
  static Future<R> future_of(const std::shared_ptr<End>& end) {
    StatePtr<FutureState<R>> state(end.get());
    end->self_ = end;
    return FutureAccess::make(std::move(state));
  }
  /// Cancelling the future reaches that call. Before anybody else has the future.
  void attach(std::weak_ptr<AsyncCall> call) noexcept { call_ = std::move(call); }
  void fail(std::exception_ptr error) noexcept final { this->set_exception(std::move(error)); }
  bool may_be_helped() const noexcept final { return true; }

 protected:
  void on_cancel() noexcept final {
    if (const auto call = call_.lock()) call->cancel();
  }
  void help(StateBase::Time deadline) noexcept final {
    if (const auto call = call_.lock()) call->help(*this, deadline);
  }
  void wake_helper() noexcept final {
    if (const auto call = call_.lock()) call->wake_helper();
  }
  void on_awaited() noexcept final {
    if (const auto call = call_.lock()) call->await();
  }

 private:
  void dispose() noexcept final { const auto last = std::move(self_); }

  std::shared_ptr<CallEnd> self_;  ///< for the future
  std::weak_ptr<AsyncCall> call_;
};

/// Of a call whose result is decoded to an R.
template <class R>
class TypedEnd final : public CallEnd<R> {
 public:
  void reply(std::span<const std::byte> payload, [[maybe_unused]] ByteOwner* owner) override {
    if constexpr (std::is_void_v<R>) {
      decode(payload, DecodeLimits{});
      this->set_value({});
    } else {
      R result{};
      decode_from(payload, DecodeLimits{}, owner, result);
      this->set_value(std::move(result));
    }
  }
};

/// Calls with these arguments and returns the result by value.
template <class R, class... A>
R invoke(const CallTarget& target, const CallMethod& method, const A&... arguments) {
  const auto write = [&](std::span<std::byte> into) { encode(into, arguments...); };
  if constexpr (std::is_void_v<R>) {
    call(target, method, extent_of(arguments...), write,
         [](std::span<const std::byte> from, ByteOwner*) { decode(from, DecodeLimits{}); });
  } else {
    static_assert(std::is_default_constructible_v<R>,
                  "rmi: the result type of a remote method needs a default constructor");
    R result{};
    call(target, method, extent_of(arguments...), write,
         [&](std::span<const std::byte> from, ByteOwner* owner) {
           decode_from(from, DecodeLimits{}, owner, result);
         });
    return result;
  }
}

/// Begins the call; who completes the future, see rmi::Future. The arguments are encoded before
/// this returns. Does not throw what a call throws: the future does.
template <class R, class... A>
Future<R> invoke_async(const CallTarget& target, const CallMethod& method, const A&... arguments) {
  auto end = make_recycled<TypedEnd<R>>();
  auto future = TypedEnd<R>::future_of(end);
  TypedEnd<R>& kept = *end;  // by the future
  kept.attach(start(
      target, method, extent_of(arguments...),
      [&](std::span<std::byte> into) { encode(into, arguments...); }, std::move(end)));
  return future;
}

}  // namespace rmi::detail
