// Waiting for what comes at once, awake, or for what does not, asleep.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace rmi {

/// To sleep and be woken takes a thread some 50 us where its core goes to sleep with it. Who waits
/// for something that comes sooner does better to look for it again and again. Nobody knows before:
/// so it looks for as long as sleeping would cost, and sleeps then, which takes at most twice what
/// the better of the two would have (Karlin, Li, Manasse and Owicki, "Empirical studies of
/// competitive spinning for a shared-memory multiprocessor", 1991). Where looking is in vain, as it
/// is while both sides share a core, it is tried more and more seldom.
/// Thread safety: one thread at a time.
template <class Clock>
class BasicBusyPoll {
 public:
  static constexpr std::chrono::microseconds worth_of_sleep{50};

  /// @param look   returns at once: how many things are there.
  /// @param sleep  waits for them.
  template <class Look, class Sleep>
  int wait(Look&& look, Sleep&& sleep) {
    if (skips_ > 0) {
      --skips_;
      return sleep();
    }
    if (const int count = look(); count != 0) return count;  // says nothing of what waiting brings
    const auto end = Clock::now() + worth_of_sleep;
    do {
      pause();
      if (const int count = look(); count != 0) {
        next_skips_ = std::max(next_skips_ / 2, fewest_skips);
        return count;
      }
    } while (Clock::now() < end);
    skips_ = next_skips_;
    next_skips_ = std::min(2 * next_skips_, most_skips);
    return sleep();
  }

 private:
  static constexpr std::uint32_t fewest_skips = 16;
  /// A look in vain costs each of these waits 12 ns.
  static constexpr std::uint32_t most_skips = 4096;

  /// For the other thread of this core, should it have two.
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }

  std::uint32_t skips_ = 0;  ///< so many waits sleep at once
  std::uint32_t next_skips_ = fewest_skips;
};

using BusyPoll = BasicBusyPoll<std::chrono::steady_clock>;

}  // namespace rmi
