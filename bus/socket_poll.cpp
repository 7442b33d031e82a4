// An epoll of two descriptors.
#include "bus/socket_poll.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace rmi {
namespace {

constexpr std::uint64_t of_bell = 0;

bool add(int epoll, int fd, std::uint64_t says) noexcept {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = says;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

int epoll_with(int bell) noexcept {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0 || add(epoll, bell, of_bell)) return epoll;
  ::close(epoll);
  return -1;
}

}  // namespace

SocketPoll::~SocketPoll() {
  if (epoll_ >= 0) ::close(epoll_);
}

void SocketPoll::watch(int fd, int bell, std::uint64_t link) noexcept {
  unwatch();
  if (epoll_ < 0) epoll_ = epoll_with(bell);
  if (epoll_ < 0 || !add(epoll_, fd, link)) return;
  fd_ = fd;
  link_ = link;
}

void SocketPoll::unwatch() noexcept {
  if (std::exchange(link_, 0) == 0) return;
  epoll_event none{};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd_, &none);
}

SocketPoll::Ready SocketPoll::wait(std::chrono::nanoseconds longest, std::uint64_t link) noexcept {
  static_assert(EPOLLIN == POLLIN && EPOLLHUP == POLLHUP && EPOLLERR == POLLERR);
  using std::chrono::milliseconds;
  constexpr milliseconds most(std::numeric_limits<int>::max());
  const auto time = std::clamp(std::chrono::ceil<milliseconds>(longest), milliseconds(0), most);
  std::array<epoll_event, 2> events{};
  const auto wait = [&](int ms) { return epoll_wait(epoll_, events.data(), events.size(), ms); };
  const int count =
      busy_.wait([&] { return wait(0); }, [&] { return wait(static_cast<int>(time.count())); });
  Ready ready;
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == of_bell) ready.rung = true;
    if (event.data.u64 == link) ready.events = static_cast<short>(event.events);
  }
  return ready;
}

}  // namespace rmi
