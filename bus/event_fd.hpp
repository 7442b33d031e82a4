// What wakes a thread that polls: an eventfd.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace rmi {

/// Thread safety: thread safe.
class EventFd {
 public:
  /// @throws std::system_error
  EventFd() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~EventFd() { ::close(fd_); }
  EventFd(const EventFd&) = delete;
  EventFd& operator=(const EventFd&) = delete;

  /// Readable from ring() to clear().
  int fd() const noexcept { return fd_; }
  void ring() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto size = ::write(fd_, &one, sizeof one);
  }
  /// @return whether it was rung.
  bool clear() noexcept {
    std::uint64_t count = 0;
    return ::read(fd_, &count, sizeof count) > 0;
  }

 private:
  const int fd_;
};

}  // namespace rmi
