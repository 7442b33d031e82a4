// A handler that writes to an eventfd, installed by the first and removed by the last.
#include "daemon/stop_signal.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <system_error>

namespace rmi {
namespace {

constexpr std::array<int, 2> stop_signals{SIGINT, SIGTERM};

std::mutex mutex;  // guards users and former
int users = 0;
std::array<struct sigaction, stop_signals.size()> former{};
std::atomic<int> signalled_fd{-1};

extern "C" void rmi_on_stop_signal(int) {
  const int saved = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = write(signalled_fd.load(), &one, sizeof one);
  errno = saved;
}

}  // namespace

StopSignal::StopSignal() {
  const std::lock_guard lock(mutex);
  if (users++ != 0) return;
  signalled_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (signalled_fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  struct sigaction action {};
  action.sa_handler = rmi_on_stop_signal;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < stop_signals.size(); ++i)
    sigaction(stop_signals[i], &action, &former[i]);
}

StopSignal::~StopSignal() {
  const std::lock_guard lock(mutex);
  if (--users != 0) return;
  for (std::size_t i = 0; i < stop_signals.size(); ++i)
    sigaction(stop_signals[i], &former[i], nullptr);
  close(signalled_fd.exchange(-1));
}

int StopSignal::fd() const noexcept {
  return signalled_fd;
}

void StopSignal::take() noexcept {
  std::uint64_t signals = 0;
  [[maybe_unused]] const auto size = read(signalled_fd, &signals, sizeof signals);
}

}  // namespace rmi
