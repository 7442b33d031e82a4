// What follows a future: then(), on_error(), Promise::on_cancel() and co_await.
#pragma once

#include <rmi/detail/cancel_scope.hpp>
#include <rmi/future.hpp>

namespace rmi::detail {

/// The state of a future that is made from another one, and the continuation of that, in one
/// object.
template <class T, class U>
class Following : public FutureState<U>, private Continuation {
 public:
  void start() noexcept {
    this->retain();  // for run()
    source_->add_or_run(*this);
  }

 protected:
  explicit Following(StatePtr<FutureState<T>> source) noexcept : source_(std::move(source)) {}

  FutureState<T>& source() noexcept { return *source_; }

  /// Completes with what another future completes with.
  void follow(Future<U> next) {
    next_ = FutureAccess::take(std::move(next));
    next_state_.store(next_.get());
    if (this->cancelled()) next_->cancel();  // on_cancel() may have seen no next_
    this->retain();
    next_->add_or_run(*this);
  }

  /// Completes this, or calls follow().
  virtual void source_completed() noexcept = 0;

  /// Completes with the value or error of a complete state.
  void complete_from(FutureState<U>& other) noexcept {
    if (other.error()) {
      this->set_exception(other.error());
      return;
    }
    try {
      this->set_value(other.take());
    } catch (...) {  // of the move constructor
      this->set_exception(std::current_exception());
    }
  }

 private:
  void run() noexcept final {
    const StatePtr<StateBase> self(this);
    this->release();  // what start() and follow() took
    if (next_state_.load() == nullptr) {
      source_completed();
      if (next_state_.load() != nullptr) return;  // goes on in a second run(), perhaps now
    } else {
      complete_from(*next_);
    }
    // Long chains keep no row of states behind them. A cancel() may be using them, if it won.
    if (this->cancelled()) return;
    source_ = {};
    next_ = {};
  }

  void on_cancel() noexcept final {
    source_->cancel();
    if (FutureState<U>* next = next_state_.load()) next->cancel();
  }

  StatePtr<FutureState<T>> source_;
  StatePtr<FutureState<U>> next_;  // set once, before next_state_
  std::atomic<FutureState<U>*> next_state_{nullptr};
};

/// Calls f and completes `state` with its result, at once or later.
template <class State, class F, class... A>
void complete_with(State& state, F& f, A&&... arguments) noexcept {
  using R = std::invoke_result_t<F, A...>;
  try {
    if constexpr (Unwrapped<R>::later) {
      state.follow(std::invoke(std::move(f), std::forward<A>(arguments)...));
    } else if constexpr (std::is_void_v<R>) {
      std::invoke(std::move(f), std::forward<A>(arguments)...);
      state.set_value({});
    } else {
      state.set_value(std::invoke(std::move(f), std::forward<A>(arguments)...));
    }
  } catch (...) {
    state.set_exception(std::current_exception());
  }
}

template <class T, class F>
class Then final : public Following<T, ThenValue<F, T>> {
 public:
  using Value = ThenValue<F, T>;
  template <class G>
  Then(StatePtr<FutureState<T>> source, G&& f)
      : Following<T, Value>(std::move(source)), f_(std::in_place, std::forward<G>(f)) {}

  using Following<T, Value>::follow;

 private:
  void source_completed() noexcept override {
    FutureState<T>& source = this->source();
    if (source.error()) {
      this->set_exception(source.error());
    } else if constexpr (std::is_void_v<T>) {
      complete_with(*this, *f_);
    } else {
      complete_with(*this, *f_, source.take());
    }
    f_.reset();  // what it holds on to is free now, not when the last future is gone
  }

  std::optional<F> f_;
};

template <class T, class F>
class OnError final : public Following<T, T> {
 public:
  template <class G>
  OnError(StatePtr<FutureState<T>> source, G&& f)
      : Following<T, T>(std::move(source)), f_(std::in_place, std::forward<G>(f)) {}

  using Following<T, T>::follow;

 private:
  void source_completed() noexcept override {
    if (this->source().error()) {
      complete_with(*this, *f_, std::exception_ptr(this->source().error()));
    } else {
      this->complete_from(this->source());
    }
    f_.reset();
  }

  std::optional<F> f_;
};

/// A canceller waits for the end of the future: whichever comes first is all that it sees.
template <class F>
class Canceller final : public Continuation {
 public:
  Canceller(StatePtr<StateBase> state, F f) : state_(std::move(state)), f_(std::move(f)) {}

  void run() noexcept override {
    const std::unique_ptr<Canceller> self(this);
    if (state_->cancelled()) f_();
  }

 private:
  StatePtr<StateBase> state_;
  F f_;
};

template <class T>
class FutureAwaiter final : private Continuation {
 public:
  explicit FutureAwaiter(StatePtr<FutureState<T>> state) noexcept : state_(std::move(state)) {}

  bool await_ready() const noexcept { return state_->ready(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> suspended) noexcept {
    suspended_ = suspended;
    ambient_ = Ambient::get();
    if constexpr (in_cancel_scope<P>)
      if (CancelScope* scope = suspended.promise().cancel_scope()) scope->enter(state_);
    return state_->add(*this);  // when that is true, another thread may have ended this object
  }
  T await_resume() {
    if constexpr (std::is_void_v<T>) {
      state_->take();
    } else {
      return state_->take();
    }
  }

 private:
  void run() noexcept override {
    const AmbientScope scope(ambient_);
    const std::coroutine_handle<> suspended = suspended_;
    suspended.resume();
  }

  StatePtr<FutureState<T>> state_;
  std::coroutine_handle<> suspended_;
  void* ambient_ = nullptr;
};

}  // namespace rmi::detail

namespace rmi {

template <class T>
template <class F>
Future<detail::ThenValue<std::decay_t<F>, T>> Future<T>::then(F&& f) {
  auto state = detail::make_state<detail::Then<T, std::decay_t<F>>>(consume(), std::forward<F>(f));
  state->start();
  return detail::FutureAccess::make(
      detail::StatePtr<detail::FutureState<detail::ThenValue<std::decay_t<F>, T>>>(state));
}

template <class T>
template <class F>
Future<T> Future<T>::on_error(F&& f) {
  using R = std::invoke_result_t<std::decay_t<F>, std::exception_ptr>;
  using Value = typename detail::Unwrapped<R>::type;
  static_assert(std::is_void_v<T> ? std::is_void_v<Value> : std::is_convertible_v<Value, T>,
                "rmi: what on_error() calls must return a value of the future's type (or a future "
                "of it), which is taken instead of the error; to pass the error on, end it with "
                "std::rethrow_exception(error) and give its return type");
  auto state =
      detail::make_state<detail::OnError<T, std::decay_t<F>>>(consume(), std::forward<F>(f));
  state->start();
  return detail::FutureAccess::make(detail::StatePtr<detail::FutureState<T>>(state));
}

template <class T>
detail::FutureAwaiter<T> Future<T>::operator co_await() {
  return detail::FutureAwaiter<T>(consume());
}

template <class T>
template <class F>
void Promise<T>::on_cancel(F f) {
  const detail::StatePtr<detail::StateBase> kept(&state());
  kept->add_or_run(*new detail::Canceller<F>(kept, std::move(f)));
}

}  // namespace rmi
