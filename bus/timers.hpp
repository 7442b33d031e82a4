// Things to do later, on one thread of its own, which starts with the first of them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "bus/futex.hpp"

namespace rmi {

/// Thread safety: thread safe.
class Timers {
 public:
  using Id = std::pair<SteadyTime, std::uint64_t>;

  Timers() = default;
  /// Forgets what is left.
  ~Timers() { stop(); }
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// @param act  called once on the timers' thread, when the time has come; must be quick and must
  ///             not throw.
  Id at(SteadyTime when, std::function<void()> act);
  /// Forgets it, unless it runs or ran already.
  void cancel(const Id& id);
  /// Forgets everything, now and for ever; returns when nothing runs any more.
  void stop();

 private:
  void run();
  void sleep(std::unique_lock<std::mutex>& lock, SteadyTime until);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Id, std::function<void()>> pending_;
  std::uint64_t last_ = 0;
  SteadyTime sleeps_until_ = SteadyTime::min();  ///< min: it is awake
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace rmi
