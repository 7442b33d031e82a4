// Pauses that can be cut short, with a thread that waits or without.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

#include <rmi/future.hpp>

namespace echo {

/// Thread safety: thread safe. Cost: one thread, once after() is used.
class Delays {
 public:
  using Time = std::chrono::milliseconds;

  ~Delays() { stop(); }

  /// Blocks for that time, or until it is stopped. @return how long it was.
  Time wait(Time time, const std::stop_token& stop);
  /// Completes after that time with how long it was.
  rmi::Future<Time> after(Time time);
  /// Ends all that waits, and all that will.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    Clock::time_point begin;
    rmi::Promise<Time> promise;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<Clock::time_point, Pending> pending_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace echo
