// Datagrams to the socket of the service manager.
#include "daemon/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace rmi {
namespace {

using std::chrono::milliseconds;

std::string_view variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

/// 0 for what is no number.
std::int64_t number(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end ? value : 0;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(variable("NOTIFY_SOCKET")) {
  const auto pid = variable("WATCHDOG_PID");  // whom it means, if it says so
  const std::int64_t patience = number(variable("WATCHDOG_USEC"));
  if (socket_.empty() || patience <= 0 || (!pid.empty() && number(pid) != ::getpid())) return;
  feed_every_ = milliseconds(std::max<std::int64_t>(1, patience / 2000));  // in us
}

std::optional<milliseconds> ServiceManager::feed_watchdog(SteadyTime now) noexcept {
  if (feed_every_ == milliseconds(0)) return std::nullopt;
  if (now >= next_feed_) {
    send("WATCHDOG=1", MSG_DONTWAIT);
    next_feed_ = now + feed_every_;
  }
  return std::chrono::ceil<milliseconds>(next_feed_ - now);
}

void ServiceManager::send(std::string_view message, int flags) const noexcept {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // an abstract socket: no file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // Nobody is helped by an error: whoever does not listen does not want to know.
  [[maybe_unused]] const auto sent =
      ::sendto(fd, message.data(), message.size(), flags | MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

}  // namespace rmi
