// Things to do later, on one thread of its own, which starts with the first of them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bus/futex.hpp"

namespace rmi {

/// Something that Timers do once, later, which needs no memory of theirs: each asynchronous call is
/// one. Its destructor cancels it if it is_set().
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Called on the timers' thread when the time has come; must be quick and must not throw.
  virtual void on_time() = 0;

 protected:
  virtual ~Timer() = default;
  bool is_set() const noexcept { return place_.load(std::memory_order_acquire) != nowhere; }

 private:
  friend class Timers;
  /// What keeps it while on_time() runs; null if it is being destroyed. Called under the lock of
  /// the timers, which it must not use.
  virtual std::shared_ptr<Timer> keep() noexcept = 0;

  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  SteadyTime when_{};
  std::uint64_t number_ = 0;
  std::atomic<std::size_t> place_{nowhere};  ///< in the heap
};

/// A binary heap whose members know their places: setting and cancelling take no memory, and next
/// to no time where each ends later than those before it.
/// Thread safety: thread safe.
class Timers {
 public:
  Timers() = default;
  /// Forgets what is left.
  ~Timers() { stop(); }
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Has on_time() called then. Precondition: it is not set.
  void set(Timer& timer, SteadyTime when);
  /// Forgets it. Does nothing if it is not set: on_time() may be running, or have run.
  void cancel(Timer& timer) noexcept;
  /// @param act  called once, as on_time().
  void at(SteadyTime when, std::function<void()> act);
  /// Forgets everything, now and for ever; returns when nothing runs any more.
  void stop();

 private:
  void run();
  void sleep(std::unique_lock<std::mutex>& lock, SteadyTime until);
  static bool earlier(const Timer& one, const Timer& other) noexcept {
    return one.when_ != other.when_ ? one.when_ < other.when_ : one.number_ < other.number_;
  }
  void insert(Timer& timer, SteadyTime when);
  void put(Timer& timer, std::size_t place) noexcept;
  void sift_up(Timer& timer, std::size_t place) noexcept;
  void sift_down(Timer& timer, std::size_t place) noexcept;
  void remove(Timer& timer) noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Timer*> heap_;  ///< the earliest first; those of one time in the order they came
  std::uint64_t last_ = 0;
  SteadyTime sleeps_until_ = SteadyTime::min();  ///< min: it is awake
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace rmi
