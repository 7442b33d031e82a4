// How a thread waits for a link and for a bell beside it, prepared.
#pragma once

#include <chrono>
#include <cstdint>

#include "bus/busy_poll.hpp"

namespace rmi {

/// An epoll, which the kernel looks through quicker than it polls two descriptors anew. It is made
/// for the first link, and never replaced: a thread may be about to wait on it.
/// Thread safety: one thread at a time, except wait(), which belongs to one other thread.
class SocketPoll {
 public:
  SocketPoll() = default;
  ~SocketPoll();
  SocketPoll(const SocketPoll&) = delete;
  SocketPoll& operator=(const SocketPoll&) = delete;

  /// Has wait() see what there is to be read of this link, if the system lets it.
  /// @param bell  an eventfd, each time the same.
  /// @param link  its number, not 0.
  void watch(int fd, int bell, std::uint64_t link) noexcept;
  void unwatch() noexcept;
  bool watches(std::uint64_t link) const noexcept { return link_ == link; }

  struct Ready {
    bool rung = false;
    short events = 0;  ///< of the link, as of poll()
  };
  /// Waits until there is something, or so long. @param link  whose events are wanted.
  Ready wait(std::chrono::nanoseconds longest, std::uint64_t link) noexcept;

 private:
  int epoll_ = -1;
  int fd_ = -1;
  std::uint64_t link_ = 0;  ///< 0: watches none
  BusyPoll busy_;           ///< of wait()
};

}  // namespace rmi
