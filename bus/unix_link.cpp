// Connecting to a daemon's Unix socket, and noticing that the daemon is gone or stopped.
#include "bus/unix_link.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "bus/unix_socket.hpp"
#include "bus/wire.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// So often within the heartbeat's time. What was said just after one is noticed at the next.
constexpr int looks = 4;
// When whoever receives sends what is queued, it is looked after so often whether it still does.
constexpr milliseconds receiver_pause = 5ms;
// The same as ZMQ_LINGER of the other kind.
constexpr auto linger = 1s;

int unread(int fd) noexcept {
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : 0;
}

void flush_for(FrameStream& stream, SteadyTime::duration time) noexcept {
  const auto end = steady_clock::now() + time;
  while (stream.queued()) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    pollfd wait{stream.fd(), POLLOUT, 0};
    if (left <= 0ms || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return;
    stream.flush();
  }
}

}  // namespace

UnixLink::UnixLink(std::string path, const LinkLimits& limits)
    : path_(std::move(path)), limits_(limits) {
  if (!fits_unix_address(path_))
    throw std::invalid_argument(fmt::format(
        "cannot connect to '{}{}': expected a path of 1 to 107 bytes", lane_scheme, path_));
}

UnixLink::~UnixLink() {
  if (stream_ && lingers_) flush_for(*stream_, linger);
}

LinkEvent UnixLink::connect() {
  const int fd = unix_socket();
  if (fd < 0) return LinkEvent::refused;
  if (connect_unix(fd, path_) != 0) {
    ::close(fd);
    return LinkEvent::refused;
  }
  stream_.emplace(fd, limits_.max_message);
  if (!same_user(fd)) return LinkEvent::foreign;
  silent_since_ = steady_clock::now();
  next_look_ = silent_since_ + limits_.heartbeat / looks;
  return LinkEvent::up;
}

bool UnixLink::send(Frame& frame) noexcept {
  if (!stream_ || !stream_->send(frame)) return false;
  // Also if something was queued before: that may just have gone, and nobody waits for room.
  if (stream_->queued()) queued_.ring();
  return true;
}

bool UnixLink::receive(Frame& frame) noexcept {
  return stream_ && stream_->receive(frame);
}

int UnixLink::fd() const noexcept {
  return stream_ && !stream_->ended() ? stream_->fd() : -1;
}

short UnixLink::poll_events() noexcept {
  if (!stream_ || !stream_->queued()) return POLLIN;
  receiver_flushes_ = true;
  return POLLIN | POLLOUT;
}

void UnixLink::polled(short events) noexcept {
  if (!stream_) return;
  if (receiver_flushes_.exchange(false, std::memory_order_relaxed)) stream_->flush();
  if (events != 0) stream_->note_readable();
}

bool UnixLink::shows_all() const noexcept {
  return stream_ && !stream_->holds_frame();
}

LinkEvent UnixLink::next_event(int wake_fd, milliseconds timeout) {
  if (!stream_) return connect();
  const auto look = std::chrono::ceil<milliseconds>(next_look_ - steady_clock::now());
  auto wait = std::clamp(look, 0ms, std::max(timeout, 0ms));
  const bool flushes = stream_->queued() && !receiver_flushes_;
  if (stream_->queued() && !flushes) wait = std::min(wait, receiver_pause);
  const short room = flushes ? POLLOUT : 0;
  std::array<pollfd, 3> fds{{{stream_->fd(), static_cast<short>(POLLRDHUP | room), 0},
                             {wake_fd, POLLIN, 0},
                             {queued_.fd(), POLLIN, 0}}};
  ::poll(fds.data(), fds.size(), static_cast<int>(wait.count()));
  if (fds[2].revents != 0) queued_.clear();
  if ((fds[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) return LinkEvent::down;
  if (flushes) stream_->flush();
  return silent_too_long(steady_clock::now()) ? LinkEvent::down : LinkEvent::none;
}

/// What is here and not yet read says as well that the peer lives: nobody waits for it then, or it
/// would have been read.
bool UnixLink::silent_too_long(SteadyTime now) {
  if (now < next_look_) return false;
  next_look_ = now + limits_.heartbeat / looks;
  const auto arrivals = stream_->arrivals();
  if (std::exchange(seen_arrivals_, arrivals) != arrivals || unread(stream_->fd()) != 0) {
    silent_since_ = now;
    return false;
  }
  if (now - silent_since_ >= limits_.heartbeat - limits_.heartbeat / looks) {
    stream_->end();
    return true;
  }
  Frame ping = wire::build({.kind = wire::Kind::ping}, {}, {}, 0);
  stream_->send(ping);
  return false;
}

}  // namespace rmi
