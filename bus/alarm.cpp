// Alarm over timerfd and eventfd.
#include "bus/alarm.hpp"

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace rmi {

Alarm::Alarm() : timer_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (timer_fd_ < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
}

Alarm::~Alarm() {
  close(timer_fd_);
}

void Alarm::ring() noexcept {
  bell_.ring();
}

void Alarm::set(std::chrono::nanoseconds from_now) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(from_now);
  const itimerspec time{
      .it_interval = {},
      .it_value = {.tv_sec = seconds.count(), .tv_nsec = (from_now - seconds).count()}};
  timerfd_settime(timer_fd_, 0, &time, nullptr);
}

void Alarm::wait() noexcept {
  std::array<pollfd, 2> fds{{{bell_.fd(), POLLIN, 0}, {timer_fd_, POLLIN, 0}}};
  poll(fds.data(), fds.size(), -1);
  if (fds[0].revents != 0) bell_.clear();
  std::uint64_t times = 0;
  if (fds[1].revents != 0) [[maybe_unused]]
    const auto size = read(timer_fd_, &times, sizeof times);
}

}  // namespace rmi
