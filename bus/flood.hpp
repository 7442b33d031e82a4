// Whether what was sent is followed by more at once.
#pragma once

#include <chrono>
#include <utility>

#include "bus/futex.hpp"
#include "bus/streak.hpp"

namespace rmi {

/// Of things that nobody waits for, such as oneways: as long as one has followed the other at once,
/// the next is expected to. Thread safety: one thread at a time.
class Flood {
 public:
  /// To send one takes some hundred nanoseconds.
  static constexpr std::chrono::microseconds at_once{20};

  /// One more. @return whether the next is expected at once.
  bool goes_on(SteadyTime now) noexcept {
    followed_.note(now - std::exchange(last_, now) < at_once);
    return followed_.expects_quick();
  }

 private:
  SteadyTime last_{};
  Streak followed_;
};

}  // namespace rmi
