// Lets threads of the program work for a connection as long as it is there.
#pragma once

#include <atomic>
#include <cstdint>

namespace rmi {

/// Thread safety: thread safe. Lifetime: shared by a connection and those that may come.
class HelpGate {
 public:
  /// @return false  the connection ends, or has ended: nothing of it may be used.
  bool enter() noexcept {
    if ((word_.fetch_add(1) & closed) == 0) return true;
    leave();
    return false;
  }
  void leave() noexcept {
    if ((word_.fetch_sub(1) & closed) != 0) word_.notify_all();
  }
  /// Lets nobody in, and returns when nobody is in.
  void close() noexcept {
    std::uint32_t word = word_.fetch_or(closed) | closed;
    while (word != closed) {
      word_.wait(word);
      word = word_.load();
    }
  }

 private:
  static constexpr std::uint32_t closed = 0x8000'0000U;
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace rmi
