// Alarm over timerfd.
#include "bus/alarm.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace rmi {

Alarm::Alarm() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
}

Alarm::~Alarm() {
  close(fd_);
}

void Alarm::set(std::chrono::nanoseconds from_now) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(from_now);
  const itimerspec time{
      .it_interval = {},
      .it_value = {.tv_sec = seconds.count(), .tv_nsec = (from_now - seconds).count()}};
  timerfd_settime(fd_, 0, &time, nullptr);
}

void Alarm::clear() noexcept {
  const itimerspec never{};
  timerfd_settime(fd_, 0, &never, nullptr);
}

void Alarm::wait() noexcept {
  std::uint64_t times = 0;
  [[maybe_unused]] const auto size = read(fd_, &times, sizeof times);
}

}  // namespace rmi
