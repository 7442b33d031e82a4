// What a thread sleeps on: it can be rung, and another thread can have it watch a socket meanwhile.
#pragma once

#include "bus/event_fd.hpp"
#include "bus/futex.hpp"

namespace rmi {

/// An epoll and the eventfd that rings it. A thread has one for as long as it runs; then the next
/// thread gets it, because none is ever destroyed: a ring may come late, and wakes somebody for
/// nothing then. (A descriptor that was closed may be somebody's file by that time.)
class ThreadPoll {
 public:
  /// Null if no descriptors are left for one.
  static ThreadPoll* of_this_thread() noexcept;
  ThreadPoll(const ThreadPoll&) = delete;
  ThreadPoll& operator=(const ThreadPoll&) = delete;

  // Thread safety: thread safe.
  void ring() noexcept { bell_.ring(); }
  /// Its thread also wakes for that descriptor from now on, even if it sleeps already.
  /// @param events  as of poll(). @return false  it does not.
  bool watch(int fd, short events) noexcept;
  void unwatch(int fd) noexcept;

  /// Sleeps until it is rung, a descriptor that it watches is ready, or the deadline; or returns
  /// for no reason. For its own thread. @return what is to be said of that descriptor; else 0.
  short wait(SteadyTime deadline) noexcept;

 private:
  friend class ThreadPolls;
  /// @throws std::system_error
  ThreadPoll();
  ~ThreadPoll() = delete;

  EventFd bell_;
  const int epoll_;
  ThreadPoll* next_ = nullptr;  ///< of those that no thread has
};

}  // namespace rmi
