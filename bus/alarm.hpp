// What the stand-by of a channel sleeps on: a bell for now, and a timer for later.
//
// The timer is meant for times of some milliseconds. A shorter one would have to be programmed
// into the machine's timer each time, which costs a virtual machine far more than the call.
#pragma once

#include <chrono>

#include "bus/event_fd.hpp"

namespace rmi {

/// Thread safety: thread safe; one thread at a time in wait().
class Alarm {
 public:
  /// @throws std::system_error
  Alarm();
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Ends a wait() now, or the next one if nobody waits.
  void ring() noexcept;
  /// Ends a wait() that much later, or the next one if nobody waits then; replaces what was set.
  void set(std::chrono::nanoseconds from_now) noexcept;
  /// Sleeps until one of the two. May return early for no reason.
  void wait() noexcept;

 private:
  int timer_fd_;
  EventFd bell_;
};

}  // namespace rmi
