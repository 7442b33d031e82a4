// Things to do later, on one thread of its own, which starts with the first of them.
#pragma once

#include <array>
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
  std::atomic<std::size_t> place_{nowhere};  ///< in the heap, or behind it: which line
  Timer* before_ = nullptr;                  ///< in the line
  Timer* after_ = nullptr;
};

/// Timers that are set one after the other for the same span of time, as calls do, stand in a line:
/// to set or to cancel one touches its neighbours only. There are a few lines, one for each span as
/// a rule; what fits into none is in a binary heap whose members know their places. None of it
/// takes memory for a timer.
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
  /// In order of their times.
  struct Line {
    Timer* first = nullptr;
    Timer* last = nullptr;
  };
  Timer* first() const noexcept;
  void insert(Timer& timer, SteadyTime when);
  bool join_line(Timer& timer) noexcept;
  void leave_line(Timer& timer, Line& line) noexcept;
  void leave_heap(Timer& timer, std::size_t place) noexcept;
  void put(Timer& timer, std::size_t place) noexcept;
  void sift_up(Timer& timer, std::size_t place) noexcept;
  void sift_down(Timer& timer, std::size_t place) noexcept;
  void remove(Timer& timer) noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Line, 4> lines_;
  std::vector<Timer*> heap_;  ///< the earliest first; those of one time in the order they came
  std::uint64_t last_ = 0;
  SteadyTime sleeps_until_ = SteadyTime::min();  ///< min: it is awake
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace rmi
