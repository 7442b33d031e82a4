// What a promise and its future share: one allocation, counted by its users.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace rmi::detail {

/// What is to run when a state completes. Lifetime: owned by nobody here; it must live until it
/// ran. A class that is a state as well needs no allocation of its own.
class Continuation {
 public:
  /// Runs once, on the thread that completes the state, which is complete then.
  virtual void run() noexcept = 0;

  Continuation* after = nullptr;  ///< for the list that it waits in

 protected:
  ~Continuation() = default;
};

class StateBase;

/// Where the continuations go that a thread must not run itself.
class ContinuationSink {
 public:
  /// What that thread itself waits for.
  const StateBase& waits_for;
  /// @param oldest  of a list, for run_continuations(). They live until they have run.
  virtual void take(Continuation* oldest) noexcept = 0;

 protected:
  explicit ContinuationSink(const StateBase& state) noexcept : waits_for(state) {}
  ~ContinuationSink() = default;
};

/// Sets the sink of this thread; nullptr: it runs them where states complete. @return the one
/// before.
ContinuationSink* set_continuation_sink(ContinuationSink* sink) noexcept;
void run_continuations(Continuation* oldest) noexcept;

/// The part of a future's state that does not depend on its type. It completes exactly once: with a
/// value, an exception, or by cancel(); who comes later is told by `false`. Whoever creates one
/// must complete it, or those that wait for it wait for ever (rmi::Promise does it by itself).
/// Lifetime: counted, see StatePtr. Who completes it must hold a count meanwhile.
/// Thread safety: thread safe.
class StateBase {
 public:
  using Time = std::chrono::steady_clock::time_point;

  StateBase(const StateBase&) = delete;
  StateBase& operator=(const StateBase&) = delete;

  void retain() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) dispose();
  }

  bool ready() const noexcept { return (word_.load(std::memory_order_acquire) & done) != 0; }
  /// The same for a thread that asks, and asks again, instead of waiting.
  bool poll() noexcept {
    if (!ready() && (word_.load(std::memory_order_relaxed) & asked) == 0) note_asked();
    return ready();
  }
  bool cancelled() const noexcept { return (word_.load() & given_up) != 0; }

  /// Blocks until it is ready or the time has come; Time::max() waits for ever. One thread only.
  /// @return ready().
  bool wait_until(Time deadline) noexcept;

  /// @return false  it is complete already, or just being completed.
  bool set_exception(std::exception_ptr error) noexcept;
  /// Calls on_cancel() and completes with rmi::Cancelled. @return as set_exception().
  bool cancel() noexcept;

  /// Lets it run once this is complete. @return false  it is already; the node is not taken.
  [[nodiscard]] bool add(Continuation& node) noexcept;
  /// The same; runs it at once when this is complete.
  void add_or_run(Continuation& node) noexcept {
    if (!add(node)) node.run();
  }

  /// What it completed with, if no value. To be asked only when ready.
  const std::exception_ptr& error() const noexcept { return error_; }

 protected:
  StateBase() = default;
  virtual ~StateBase() = default;

  /// Nobody counts it as used any more.
  virtual void dispose() noexcept { delete this; }

  /// Somebody gave up: called once, by cancel(), before those that wait see it. For stopping the
  /// work. Must not block.
  virtual void on_cancel() noexcept {}

  // For states that a thread which waits for them can bring forward itself.
  /// Called by such a thread: does what completes this, as long as nobody else does. May return
  /// before that.
  virtual void help(Time /*deadline*/) noexcept {}
  /// It is complete, and a thread may still be in help(), if not in this one.
  virtual void wake_helper() noexcept {}
  /// Something waits that does not help: a continuation, or a thread that asks again.
  virtual void on_awaited() noexcept {}

  /// The right to complete, for one. @return false  somebody else has it.
  bool claim() noexcept { return claim_with(claimed); }
  void store_error(std::exception_ptr error) noexcept { error_ = std::move(error); }
  /// After claim() and storing the result: wakes who waits, runs the continuations.
  void publish() noexcept;

 private:
  static constexpr std::uint32_t claimed = 1;
  static constexpr std::uint32_t given_up = 2;  // by cancel()
  static constexpr std::uint32_t waited_for = 4;
  static constexpr std::uint32_t done = 8;
  static constexpr std::uint32_t helped = 16;
  static constexpr std::uint32_t asked = 32;  // by poll()

  bool claim_with(std::uint32_t bits) noexcept;
  void note_asked() noexcept;

  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> word_{0};
  std::atomic<Continuation*> first_{nullptr};  // newest first; a mark once it is complete
  std::exception_ptr error_;
};

/// Runs what this thread put off, see StateBase::publish(): to be called before a thread waits.
void run_deferred() noexcept;

/// Counts a use of a state.
template <class State>
class StatePtr {
 public:
  StatePtr() = default;
  explicit StatePtr(State* state) noexcept : state_(state) {
    if (state_ != nullptr) state_->retain();
  }
  StatePtr(const StatePtr& other) noexcept : StatePtr(other.state_) {}
  StatePtr(StatePtr&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  template <class Derived>
  requires std::is_base_of_v<State, Derived> StatePtr(StatePtr<Derived> other)
  noexcept : StatePtr(other.get()) {}
  StatePtr& operator=(StatePtr other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~StatePtr() {
    if (state_ != nullptr) state_->release();
  }

  State* get() const noexcept { return state_; }
  State* operator->() const noexcept { return state_; }
  State& operator*() const noexcept { return *state_; }
  explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
  State* state_ = nullptr;
};

template <class State, class... A>
StatePtr<State> make_state(A&&... arguments) {
  return StatePtr<State>(new State(std::forward<A>(arguments)...));
}

/// What is stored for a T: nothing for void.
template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// The state of a Future<T>.
template <class T>
class FutureState : public StateBase {
 public:
  /// @return as set_exception().
  bool set_value(Stored<T> value) noexcept {
    if (!prepare(value)) return false;
    announce();
    return true;
  }

  /// The two halves of set_value(): prepare() decides who completes it, and can be called with a
  /// lock held; announce() must follow when it said yes, and runs the continuations.
  /// @param value  is moved from only then.
  bool prepare(Stored<T>& value) noexcept {
    if (!claim()) return false;
    try {
      value_.emplace(std::move(value));
    } catch (...) {  // of the move constructor
      store_error(std::current_exception());
    }
    return true;
  }
  bool prepare(const std::exception_ptr& error) noexcept {
    if (!claim()) return false;
    store_error(error);
    return true;
  }
  void announce() noexcept { publish(); }

  /// The value, moved out, or the exception, thrown. To be called only when ready.
  Stored<T> take() {
    if (error()) std::rethrow_exception(error());
    return std::move(*value_);
  }

 private:
  std::optional<Stored<T>> value_;
};

}  // namespace rmi::detail
