// Deadlines in buckets of time: linking and unlinking a call costs the same however many there are.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "ns/session.hpp"

namespace rmi::ns {

/// The hashed timing wheel of Varghese and Lauck (1987), scheme 6. A bucket holds the chain of
/// calls that are due in its slice of time, in this turn of the wheel or a later one. A call is
/// found up to one slice after its deadline, never before.
/// Thread safety: one thread at a time.
class DeadlineWheel {
 public:
  static constexpr std::chrono::milliseconds slice{16};

  explicit DeadlineWheel(Time start) noexcept : done_(floor_slice(start)) {}

  /// The chain that a call with this deadline belongs to.
  CallChain& chain(Time deadline) noexcept { return at(floor_slice(deadline) + 1); }

  /// Calls `fn(CallChain&)` for each bucket whose time has come since the last advance.
  template <class Fn>
  void advance(Time now, Fn&& fn) {
    const auto target = floor_slice(now);
    done_ = std::max(done_, target - turn);
    while (done_ < target)
      fn(at(++done_));
  }

  /// When to advance next, so that no call is found late. Looks a second ahead, no further: waking
  /// for nothing once a second is cheaper than to search the whole wheel before every wait.
  Time next() const noexcept {
    auto next = done_ + 1;
    for (const auto end = done_ + horizon; next < end; ++next)
      if (buckets_[static_cast<std::size_t>(next) % buckets].first != 0) break;
    return Time(std::chrono::duration_cast<Duration>(next * slice));
  }

 private:
  static constexpr std::size_t buckets = 2048;
  static constexpr auto turn = static_cast<std::int64_t>(buckets);
  static constexpr std::int64_t horizon = std::chrono::seconds(1) / slice;

  static std::int64_t floor_slice(Time time) noexcept { return time.time_since_epoch() / slice; }
  CallChain& at(std::int64_t slice_number) noexcept {
    return buckets_[static_cast<std::size_t>(slice_number) % buckets];
  }

  std::array<CallChain, buckets> buckets_{};
  std::int64_t done_;  ///< the last slice that was handed out
};

}  // namespace rmi::ns
