// Token buckets, refilled when somebody looks.
#include "bus/log_limiter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace rmi {
namespace {

// A flood that goes on is told so often.
constexpr std::chrono::seconds telling_pause{1};

double seconds(LogLimiter::Time::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

LogLimiter::LogLimiter(LogSink to, LogRate rate, Clock clock)
    : to_(std::move(to)), rate_(rate), clock_(std::move(clock)) {}

LogLimiter::~LogLimiter() {
  flush();
}

void LogLimiter::write(const LogLine& line) {
  const Time now = clock_();
  std::vector<Gap> gaps;
  {
    const std::lock_guard lock(mutex_);
    if (!passes(line, now)) return;
    gaps = take_gaps(now, telling_pause);
  }
  tell(gaps);
  to_(line);
}

bool LogLimiter::passes(const LogLine& line, Time now) {
  if (line.level == LogLevel::debug) return true;
  auto at = buckets_.find(line.event);
  if (at == buckets_.end())
    at = buckets_.emplace(line.event, Bucket{.tokens = rate_.burst, .filled = now}).first;
  Bucket& bucket = at->second;
  bucket.tokens =
      std::min(rate_.burst, bucket.tokens + rate_.per_second * seconds(now - bucket.filled));
  bucket.filled = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return true;
  }
  if (bucket.left_out++ == 0) {
    bucket.since = now;
    bucket.level = line.level;
  }
  bucket.level = std::max(bucket.level, line.level);
  ++untold_;
  ++all_left_out_;
  return false;
}

std::vector<LogLimiter::Gap> LogLimiter::take_gaps(Time now, Time::duration least_age) {
  std::vector<Gap> gaps;
  if (untold_ == 0) return gaps;
  for (auto& [event, bucket] : buckets_) {
    if (bucket.left_out == 0 || now - bucket.since < least_age) continue;
    untold_ -= bucket.left_out;
    gaps.push_back({bucket.level,
                    fmt::format("{} lines of {} within {:.1f} s", std::exchange(bucket.left_out, 0),
                                event, seconds(now - bucket.since))});
  }
  return gaps;
}

void LogLimiter::tell(const std::vector<Gap>& gaps) const {
  for (const auto& gap : gaps)
    to_({.level = gap.level, .event = "lines-left-out", .text = gap.text});
}

void LogLimiter::flush() {
  const Time now = clock_();
  std::vector<Gap> gaps;
  {
    const std::lock_guard lock(mutex_);
    gaps = take_gaps(now, {});
  }
  tell(gaps);
}

LogSink rate_limited(LogSink to, LogRate rate) {
  auto limiter = std::make_shared<LogLimiter>(std::move(to), rate);
  return [limiter](const LogLine& line) { limiter->write(line); };
}

}  // namespace rmi
