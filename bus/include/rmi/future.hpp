// Results that come later: rmi::Future<T>, and rmi::Promise<T>, which gives one.
#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rmi/detail/ambient.hpp>
#include <rmi/detail/future_state.hpp>
#include <rmi/errors.hpp>

namespace rmi {

/// The promise of a future was destroyed before it gave a result.
class BrokenPromise : public Error {
 public:
  BrokenPromise();
  explicit BrokenPromise(const std::string& text);
};

template <class T>
class Future;
template <class T>
class Promise;

namespace detail {
template <class T>
class FutureAwaiter;
[[noreturn]] void throw_no_future(const char* what);

/// What a continuation that returns R makes: futures are taken apart.
template <class R>
struct Unwrapped {
  using type = R;
  static constexpr bool later = false;
};
template <class T>
struct Unwrapped<Future<T>> {
  using type = T;
  static constexpr bool later = true;
};

template <class F, class T>
struct ThenResult : std::invoke_result<F, T> {};
template <class F>
struct ThenResult<F, void> : std::invoke_result<F> {};
template <class F, class T>
using ThenValue = typename Unwrapped<typename ThenResult<F, T>::type>::type;

/// For the bus: futures from states and back.
struct FutureAccess {
  template <class T>
  static Future<T> make(StatePtr<FutureState<T>> state) noexcept {
    return Future<T>(std::move(state));
  }
  /// @throws std::logic_error  the future is not valid.
  template <class T>
  static StatePtr<FutureState<T>> take(Future<T>&& future) {
    return future.consume();
  }
};
}  // namespace detail

/// A result that is there now or comes later: a value, or an exception. It can be read once, by one
/// of get(), then(), on_error() or co_await; after that it is not valid() any more, and each of its
/// functions but valid() throws std::logic_error.
///
/// Continuations run on the thread that completes the future, which for calls is one of the bus
/// itself, or at once on the calling thread when it is complete already. They should be short: a
/// continuation that waits for another call holds up the answers of others. Never do they run on a
/// thread that waits in get(), wait() or wait_for(); but that may receive and decode answers
/// meanwhile, those of other calls too. A thread in get() or wait() may also run the method that it
/// waits for, if the call stays in its process (rmi::Path) and methods there have been quick.
///
/// Lifetime: destroying one does not cancel: the result is thrown away when it comes.
/// Thread safety: one thread at a time; cancel() of the futures made by then() and so on reaches
/// those before them from any thread.
template <class T>
class [[nodiscard]] Future {
 public:
  using value_type = T;

  Future() = default;

  bool valid() const noexcept { return static_cast<bool>(state_); }

  /// Whether get() would return at once.
  bool ready() const { return state().poll(); }

  /// Blocks until it is complete. @return the value, moved out. @throws what it completed with.
  T get() {
    wait();
    if constexpr (std::is_void_v<T>) {
      consume()->take();
    } else {
      return consume()->take();
    }
  }

  /// Blocks until it is complete.
  void wait() const { state().wait_until(detail::StateBase::Time::max()); }

  /// Blocks until it is complete or the time is over. @return ready().
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> time) const {
    using Clock = std::chrono::steady_clock;
    const auto now = Clock::now();
    const bool ever = time > std::chrono::duration<double>(Clock::time_point::max() - now) / 2;
    return state().wait_until(ever ? Clock::time_point::max()
                                   : now + std::chrono::duration_cast<Clock::duration>(time));
  }

  /// Gives up: completes with rmi::Cancelled, and tells who would have given the result, so that
  /// the work ends early where it can. Nothing happens when the future is complete already.
  /// Cancelling what then(), on_error(), when_all() made reaches the futures it was made from.
  void cancel() { state().cancel(); }

  /// Calls `f` with the value when it comes. When this future fails, `f` is not called and the
  /// error goes on.
  /// @param f  takes a T by value, const& or && (nothing for void); may be move-only.
  /// @return the result of `f`; when that is a Future<U>, a Future<U> of its result.
  template <class F>
  Future<detail::ThenValue<std::decay_t<F>, T>> then(F&& f);

  /// Calls `f` with the exception when this future fails, and takes its result instead. To pass
  /// an error on, throw it again: `std::rethrow_exception(error)`.
  /// @param f  takes std::exception_ptr, returns a T or a Future<T>; for Future<void> returning
  ///           nothing means that the error is dealt with.
  template <class F>
  Future<T> on_error(F&& f);

  /// Suspends a coroutine until it is complete; gives the value or throws, like get().
  detail::FutureAwaiter<T> operator co_await();

 private:
  friend detail::FutureAccess;
  explicit Future(detail::StatePtr<detail::FutureState<T>> state) noexcept
      : state_(std::move(state)) {}

  detail::FutureState<T>& state() const {
    if (!state_) detail::throw_no_future("Future");
    return *state_;
  }
  detail::StatePtr<detail::FutureState<T>> consume() {
    state();
    return std::move(state_);
  }

  detail::StatePtr<detail::FutureState<T>> state_;
};

/// The side of a future that gives the result: exactly one, the first; later ones are refused with
/// `false`. A promise that is destroyed without giving any gives BrokenPromise.
/// Thread safety: thread safe, but for moving and destroying.
template <class T>
class Promise {
 public:
  Promise() : state_(detail::make_state<detail::FutureState<T>>()) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    Promise old(std::move(*this));
    state_ = std::move(other.state_);
    future_taken_ = other.future_taken_;
    return *this;
  }
  ~Promise() {
    if (state_ && !state_->ready()) state_->set_exception(std::make_exception_ptr(BrokenPromise()));
  }

  /// @throws std::logic_error  it was taken before.
  Future<T> get_future() {
    if (std::exchange(future_taken_, true)) detail::throw_no_future("the future of this Promise");
    return detail::FutureAccess::make(detail::StatePtr<detail::FutureState<T>>(&state()));
  }

  /// Completes the future and runs its continuations on this thread.
  /// @return false  it is complete already: cancelled, most likely.
  bool set_value(detail::Stored<T> value) requires(!std::is_void_v<T>) {
    return state().set_value(std::move(value));
  }
  bool set_value() requires std::is_void_v<T> { return state().set_value({}); }
  bool set_exception(std::exception_ptr error) { return state().set_exception(std::move(error)); }

  /// Whether the future was cancelled: whoever works for it may stop.
  bool cancelled() const { return state().cancelled(); }

  /// Calls `f` once if the future is cancelled, on the thread that does it; at once if it was.
  /// @param f  must not throw.
  template <class F>
  void on_cancel(F f);

 private:
  detail::FutureState<T>& state() const {
    if (!state_) detail::throw_no_future("Promise");
    return *state_;
  }

  detail::StatePtr<detail::FutureState<T>> state_;
  bool future_taken_ = false;
};

/// A future that is complete. `make_ready_future()` makes a Future<void>.
template <class T>
Future<std::decay_t<T>> make_ready_future(T&& value) {
  auto state = detail::make_state<detail::FutureState<std::decay_t<T>>>();
  state->set_value(std::forward<T>(value));
  return detail::FutureAccess::make(std::move(state));
}
inline Future<void> make_ready_future() {
  auto state = detail::make_state<detail::FutureState<void>>();
  state->set_value({});
  return detail::FutureAccess::make(std::move(state));
}

/// A future that has failed already.
template <class T>
Future<T> make_failed_future(std::exception_ptr error) {
  auto state = detail::make_state<detail::FutureState<T>>();
  state->set_exception(std::move(error));
  return detail::FutureAccess::make(std::move(state));
}
template <class T, class E>
requires std::is_base_of_v<std::exception, E> Future<T> make_failed_future(E error) {
  return make_failed_future<T>(std::make_exception_ptr(std::move(error)));
}

}  // namespace rmi

#include <rmi/detail/future_then.hpp>
#include <rmi/detail/future_when.hpp>
