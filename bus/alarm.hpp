// A timer that one thread sleeps on and others set: two system calls to set and clear, and none of
// them wakes anybody unless the time really passes.
#pragma once

#include <chrono>

namespace rmi {

/// Thread safety: thread safe; one thread at a time in wait().
class Alarm {
 public:
  /// @throws std::system_error
  Alarm();
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Ends a wait() that much later, or the next one if nobody waits then; replaces what was set.
  void set(std::chrono::nanoseconds from_now) noexcept;
  /// Forgets what was set, also if it has come and nobody has waited for it yet.
  void clear() noexcept;
  /// Sleeps until the time that was set. May return early for no reason.
  void wait() noexcept;

 private:
  int fd_;
};

}  // namespace rmi
