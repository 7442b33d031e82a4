// Coroutines that wait for futures: rmi::Task<T>.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <rmi/detail/ambient.hpp>
#include <rmi/detail/cancel_scope.hpp>
#include <rmi/future.hpp>

namespace rmi {

template <class T>
class Task;

namespace detail {

/// What the promises of all tasks have. Its functions are called by the compiler and by Task.
template <class T>
class TaskPromiseBase {
 public:
  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> ended) const noexcept {
      return ended.promise().finish(ended);
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  CancelScope* cancel_scope() const noexcept { return scope_; }

  void awaited_by(std::coroutine_handle<> parent, CancelScope* scope) noexcept {
    parent_ = parent;
    scope_ = scope;
  }
  void completes(StatePtr<FutureState<T>> state, CancelScope* scope) noexcept {
    state_ = std::move(state);
    scope_ = scope;
  }

  Stored<T> take() {
    if (error_) std::rethrow_exception(error_);
    return std::move(*value_);
  }

  /// At the end of the coroutine. @return what runs next.
  std::coroutine_handle<> finish(std::coroutine_handle<> self) noexcept {
    if (parent_) return parent_;
    const StatePtr<FutureState<T>> state = std::move(state_);
    std::optional<Stored<T>> value;
    std::exception_ptr error = error_;
    try {
      value = std::move(value_);
    } catch (...) {  // of the move constructor
      error = std::current_exception();
    }
    self.destroy();  // and with it this: arguments are gone when the result is seen
    if (error) {
      state->set_exception(std::move(error));
    } else {
      state->set_value(std::move(*value));
    }
    return std::noop_coroutine();
  }

 protected:
  std::optional<Stored<T>> value_;

 private:
  std::exception_ptr error_;
  std::coroutine_handle<> parent_;  // of a task that is awaited
  StatePtr<FutureState<T>> state_;  // of a task that was started
  CancelScope* scope_ = nullptr;    // part of the state of the started one
};

template <class T>
class TaskPromise : public TaskPromiseBase<T> {
 public:
  Task<T> get_return_object() noexcept;
  template <class U = T>
  requires std::is_constructible_v<T, U>
  void return_value(U&& value) { this->value_.emplace(std::forward<U>(value)); }
};

template <>
class TaskPromise<void> : public TaskPromiseBase<void> {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() noexcept { value_.emplace(); }
};

/// The state of the future of a started task.
template <class T>
class TaskState final : public FutureState<T> {
 public:
  CancelScope scope;

 private:
  void on_cancel() noexcept override { scope.cancel(); }
};

template <class T>
class TaskAwaiter {
 public:
  explicit TaskAwaiter(Task<T> task) noexcept : task_(std::move(task)) {}

  bool await_ready() const noexcept { return false; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> parent) noexcept {
    CancelScope* scope = nullptr;
    if constexpr (in_cancel_scope<P>) scope = parent.promise().cancel_scope();
    task_.coroutine_.promise().awaited_by(parent, scope);
    return task_.coroutine_;
  }
  T await_resume() {
    if constexpr (std::is_void_v<T>) {
      task_.coroutine_.promise().take();
    } else {
      return task_.coroutine_.promise().take();
    }
  }

 private:
  Task<T> task_;
};

}  // namespace detail

/// A coroutine that gives a T. Inside, `co_await` takes a Future or another Task. It is lazy: it
/// runs when it is awaited, which is free of thread switches, or when it is started.
///
///     rmi::Task<int> sum(rmi::Future<int> a, rmi::Future<int> b) {
///       co_return co_await a + co_await b;
///     }
///     int result = sum(std::move(x), std::move(y)).start().get();
///
/// After a co_await it runs on where the future was completed; see Future. Its parameters should be
/// values: references may be gone when it runs on.
///
/// Lifetime: one that is never run is just destroyed. Thread safety: one thread at a time.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using value_type = T;

  Task() = default;
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  /// Whether it can be started or awaited: once only.
  bool valid() const noexcept { return static_cast<bool>(coroutine_); }

  /// Runs it on this thread until it waits for the first time or ends. Cancelling the future
  /// cancels what the task waits for then, and all it will wait for: its co_await throws Cancelled.
  /// @throws std::logic_error  it is not valid().
  Future<T> start() && {
    check();
    const auto state = detail::make_state<detail::TaskState<T>>();
    const auto coroutine = std::exchange(coroutine_, {});
    coroutine.promise().completes(state, &state->scope);
    const detail::AmbientScope scope(detail::Ambient::get());
    coroutine.resume();
    return detail::FutureAccess::make(detail::StatePtr<detail::FutureState<T>>(state));
  }

  /// Runs it as a part of the coroutine that awaits it. @throws std::logic_error  as start().
  detail::TaskAwaiter<T> operator co_await() {
    check();
    return detail::TaskAwaiter<T>(std::move(*this));
  }

 private:
  friend promise_type;
  friend detail::TaskAwaiter<T>;
  explicit Task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

  void check() const {
    if (!coroutine_) detail::throw_no_future("Task");
  }

  std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {
template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
}  // namespace detail

}  // namespace rmi
