// Accepting, reading and writing the streams of a local lane.
#include "daemon/unix_peers.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "bus/link_socket.hpp"
#include "bus/unix_socket.hpp"

namespace rmi {
namespace {

// What an event is about; peers are numbered from there on.
constexpr std::uint64_t of_listener = 0;
constexpr std::uint64_t of_wake = 1;
// One peer does not keep the others waiting for longer than it takes to read so many messages.
constexpr std::size_t most_at_once = 256;
// A process that has no descriptor left looks so often whether it has one again.
constexpr int accept_pause_ms = 100;

}  // namespace

UnixPeers::UnixPeers(std::size_t max_message, LogSink log)
    : max_message_(max_message),
      log_(std::move(log)),
      endpoint_(std::string(lane_scheme) + file_.path()),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      last_peer_(of_wake) {
  if (epoll_fd_ < 0)
    throw std::system_error(errno, std::generic_category(), "cannot open a local lane");
  watch(EPOLL_CTL_ADD, file_.fd(), EPOLLIN, of_listener);
  watch(EPOLL_CTL_ADD, wake_.fd(), EPOLLIN, of_wake);
}

UnixPeers::~UnixPeers() {
  ::close(epoll_fd_);
}

void UnixPeers::watch(int operation, int fd, std::uint32_t events, std::uint64_t number) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.u64 = number;
  epoll_ctl(epoll_fd_, operation, fd, &event);
}

void UnixPeers::receive(std::vector<Message>& into) {
  std::array<epoll_event, 64> events{};
  const auto wait = [&](int ms) {
    return epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), ms);
  };
  const int count =
      busy_.wait([&] { return wait(0); }, [&] { return wait(accepting_ ? -1 : accept_pause_ms); });
  if (!accepting_) accept_all();
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == of_listener) {
      accept_all();
    } else if (event.data.u64 == of_wake) {
      wake_.clear();
    } else {
      read_from(event.data.u64, event.events, into);
    }
  }
}

void UnixPeers::accept_all() {
  int fd = -1;
  while ((fd = ::accept4(file_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
    if (!same_user(fd)) {
      ::close(fd);
      if (log_)
        log_({LogLevel::warning, "lane-refused",
              fmt::format("somebody who is not the user of this daemon connected to {}",
                          endpoint_)});
      continue;
    }
    auto stream = std::make_shared<FrameStream>(fd, max_message_);
    const std::lock_guard lock(mutex_);
    streams_.emplace(++last_peer_, std::move(stream));
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, last_peer_);
  }
  const bool full = errno == EMFILE || errno == ENFILE;
  if (std::exchange(accepting_, !full) != accepting_)
    watch(EPOLL_CTL_MOD, file_.fd(), full ? 0U : std::uint32_t{EPOLLIN}, of_listener);
}

UnixPeers::Stream UnixPeers::find(std::uint64_t peer) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(peer);
  return found == streams_.end() ? nullptr : found->second;
}

void UnixPeers::read_from(std::uint64_t peer, std::uint32_t events, std::vector<Message>& into) {
  const Stream stream = find(peer);
  if (!stream) return;
  if ((events & EPOLLOUT) != 0) {
    stream->flush();
    watch_for_room(peer, *stream);
  }
  stream->note_readable();
  Frame frame;
  for (std::size_t taken = 0; stream->receive(frame); ++taken) {
    into.push_back({peer, std::exchange(frame, Frame())});
    if (taken >= most_at_once && !stream->holds_frame()) return;
  }
  if (!stream->finished()) return;
  into.push_back({.peer = peer, .frame = {}, .gone = true});
  forget(peer);
}

/// Both the reader and whoever sends call it when they have changed what is queued: the last one
/// says what is so.
void UnixPeers::watch_for_room(std::uint64_t peer, const FrameStream& stream) {
  const std::lock_guard lock(mutex_);
  if (!streams_.contains(peer)) return;
  std::uint32_t events = EPOLLIN;
  if (stream.queued()) events |= EPOLLOUT;
  watch(EPOLL_CTL_MOD, stream.fd(), events, peer);
}

bool UnixPeers::send(std::uint64_t peer, Frame& frame) {
  const Stream stream = find(peer);
  if (!stream) return false;
  if (!stream->send(frame)) {
    stream->end();  // it does not read: so it hears at once that its calls are lost
    return false;
  }
  if (stream->queued()) watch_for_room(peer, *stream);
  return true;
}

/// Whoever sends to it at this moment keeps the descriptor open until that is done.
void UnixPeers::forget(std::uint64_t peer) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(peer);
  if (found == streams_.end()) return;
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, found->second->fd(), nullptr);
  streams_.erase(found);
}

}  // namespace rmi
