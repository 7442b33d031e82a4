<<<<<<< HEAD
// What the stand-by of a channel sleeps on: a bell for now, and a timer for later.
//
// The timer is meant for times of some milliseconds. A shorter one would have to be programmed
// into the machine's timer each time, which costs a virtual machine far more than the call.
=======
// A timer that one thread sleeps on and others set: two system calls to set and clear, and none of
// them wakes anybody unless the time really passes.
>>>>>>> infra
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

<<<<<<< HEAD
  /// Ends a wait() now, or the next one if nobody waits.
  void ring() noexcept;
  /// Ends a wait() that much later, or the next one if nobody waits then; replaces what was set.
  void set(std::chrono::nanoseconds from_now) noexcept;
  /// Sleeps until one of the two. May return early for no reason.
  void wait() noexcept;

 private:
  int timer_fd_;
  int bell_fd_;
=======
  /// Ends a wait() that much later, or the next one if nobody waits then; replaces what was set.
  void set(std::chrono::nanoseconds from_now) noexcept;
  /// Forgets what was set, also if it has come and nobody has waited for it yet.
  void clear() noexcept;
  /// Sleeps until the time that was set. May return early for no reason.
  void wait() noexcept;

 private:
  int fd_;
>>>>>>> infra
};

}  // namespace rmi
