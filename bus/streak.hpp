// Whether something that was quick may be expected to be so the next time.
#pragma once

#include <algorithm>

namespace rmi {

/// After so many quick ones the next is expected to be quick, too. One that was not counts as so
/// many that were: on a busy machine a thread loses its core now and then, which says nothing of
/// what it does, so that one alone changes no well-founded expectation.
class Streak {
 public:
  void note(bool quick) noexcept {
    count_ = quick ? std::min(count_ + 1, longest) : std::max(count_ - enough, 0);
  }
  bool expects_quick() const noexcept { return count_ >= enough; }

 private:
  static constexpr int enough = 16;
  static constexpr int longest = 4 * enough;
  int count_ = 0;
};

}  // namespace rmi
