// Cuts floods of log lines of one kind short.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <rmi/log.hpp>

namespace rmi {

/// A token bucket for each event; see rate_limited(). A line that is left out costs a lock and a
/// look into the table. Thread safety: thread safe if the sink is.
class LogLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Clock = std::function<Time()>;

  explicit LogLimiter(LogSink to, LogRate rate = {}, Clock clock = std::chrono::steady_clock::now);
  /// Flushes.
  ~LogLimiter();
  LogLimiter(const LogLimiter&) = delete;
  LogLimiter& operator=(const LogLimiter&) = delete;

  /// Passes the line on, or counts it.
  void write(const LogLine& line);
  /// Tells what was left out and is not told yet.
  void flush();
  /// All lines that were left out so far.
  std::uint64_t left_out() const noexcept { return all_left_out_; }

 private:
  struct Bucket {
    double tokens = 0;
    Time filled{};
    std::uint64_t left_out = 0;  ///< and not told yet
    Time since{};                ///< when the first of them came
    LogLevel level{};            ///< the highest of them
  };
  /// What is to be told of one event.
  struct Gap {
    LogLevel level{};
    std::string text;
  };

  bool passes(const LogLine& line, Time now);
  std::vector<Gap> take_gaps(Time now, Time::duration least_age);
  void tell(const std::vector<Gap>& gaps) const;

  const LogSink to_;
  const LogRate rate_;
  const Clock clock_;
  std::atomic<std::uint64_t> all_left_out_{0};
  std::mutex mutex_;  ///< guards what follows; not held while the sink runs
  std::map<std::string, Bucket, std::less<>> buckets_;
  std::uint64_t untold_ = 0;  ///< in all buckets
};

}  // namespace rmi
