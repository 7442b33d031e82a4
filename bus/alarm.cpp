// Alarm over timerfd and eventfd.
#include "bus/alarm.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace rmi {

Alarm::Alarm()
    : timer_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      bell_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (timer_fd_ >= 0 && bell_fd_ >= 0) return;
  const int error = errno;
  close(timer_fd_);
  close(bell_fd_);
  throw std::system_error(error, std::generic_category(), "timerfd_create or eventfd");
}

Alarm::~Alarm() {
  close(timer_fd_);
  close(bell_fd_);
}

void Alarm::ring() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = write(bell_fd_, &one, sizeof one);
}

void Alarm::set(std::chrono::nanoseconds from_now) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(from_now);
  const itimerspec time{
      .it_interval = {},
      .it_value = {.tv_sec = seconds.count(), .tv_nsec = (from_now - seconds).count()}};
  timerfd_settime(timer_fd_, 0, &time, nullptr);
}

void Alarm::wait() noexcept {
  std::array<pollfd, 2> fds{{{bell_fd_, POLLIN, 0}, {timer_fd_, POLLIN, 0}}};
  poll(fds.data(), fds.size(), -1);
  std::uint64_t times = 0;
  for (const auto& fd : fds)
    if (fd.revents != 0) [[maybe_unused]]
      const auto size = read(fd.fd, &times, sizeof times);
}

}  // namespace rmi
