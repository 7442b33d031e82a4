// A ROUTER that daemons listen at.
#include "daemon/router_peers.hpp"

#include <poll.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "bus/wire.hpp"

namespace rmi {
namespace {

void set(void* socket, int option, int value) {
  zmq_setsockopt(socket, option, &value, sizeof value);
}

void configure(void* socket, std::size_t max_message) {
  set(socket, ZMQ_ROUTER_MANDATORY, 1);
  set(socket, ZMQ_LINGER, 1000);
  set(socket, ZMQ_HANDSHAKE_IVL, 3000);
  set(socket, ZMQ_SNDHWM, 20000);
  set(socket, ZMQ_RCVHWM, 20000);
  set(socket, ZMQ_BACKLOG, 1024);
  set(socket, ZMQ_IPV6, 1);
  const auto limit = static_cast<std::int64_t>(max_message);
  zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
}

int descriptor_of(void* socket) {
  int fd = -1;
  std::size_t size = sizeof fd;
  zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
  return fd;
}

}  // namespace

RouterPeers::RouterPeers(const std::string& endpoint, std::size_t max_message)
    : socket_(zmq_socket(context_.native(), ZMQ_ROUTER)),
      monitor_(zmq_socket(context_.native(), ZMQ_PAIR)) {
  if (socket_ == nullptr || monitor_ == nullptr)
    throw std::system_error(errno, std::generic_category(), "cannot open a socket");
  configure(socket_, max_message);
  const std::string events = "inproc://listener-monitor";
  zmq_socket_monitor(socket_, events.c_str(), ZMQ_EVENT_DISCONNECTED);
  set(monitor_, ZMQ_LINGER, 0);
  zmq_connect(monitor_, events.c_str());
  try {
    endpoint_ = listen(socket_, Endpoint::parse_listen(endpoint), false);
  } catch (...) {
    zmq_close(monitor_);
    zmq_close(socket_);
    throw;
  }
  file_ = std::make_unique<SocketFile>(endpoint_);
  fd_ = descriptor_of(socket_);
  monitor_fd_ = descriptor_of(monitor_);
}

RouterPeers::~RouterPeers() {
  file_->remove();
  zmq_socket_monitor(socket_, nullptr, 0);
  zmq_close(monitor_);
  zmq_close(socket_);
}

void RouterPeers::receive(std::vector<Message>& into) {
  for (bool waited = false;; waited = true) {
    // Before the last words of whom that is about.
    const bool heard = std::exchange(monitor_shows_, false) && heard_disconnect();
    if (anything_unread() || waited || heard) receive_all(into);
    if (heard) find_gone(into);
    if (waited || !into.empty()) return;
    std::array<pollfd, 3> fds{
        {{wake_.fd(), POLLIN, 0}, {fd_, POLLIN, 0}, {monitor_fd_, POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) wake_.clear();
    monitor_shows_ = fds[2].revents != 0;
  }
}

bool RouterPeers::anything_unread() {
  const std::lock_guard lock(mutex_);
  receiver_ = std::this_thread::get_id();
  return std::exchange(unread_, false);
}

/// To EAGAIN, because the descriptor is edge-triggered.
void RouterPeers::receive_all(std::vector<Message>& into) {
  const std::lock_guard lock(mutex_);
  for (;;) {
    Frame id;
    if (!id.receive(socket_, ZMQ_DONTWAIT)) return;
    Frame frame;
    if (id.more()) frame.receive(socket_, ZMQ_DONTWAIT);
    if (frame.more()) {  // a message is one frame
      for (Frame rest; rest.receive(socket_, ZMQ_DONTWAIT) && rest.more();) {
      }
      continue;
    }
    const std::string name(reinterpret_cast<const char*>(id.bytes().data()), id.size());
    auto [at, fresh] = numbers_.try_emplace(name, last_peer_ + 1);
    if (fresh) ids_[++last_peer_] = name;
    into.push_back({at->second, std::move(frame)});
  }
}

bool RouterPeers::heard_disconnect() {
  bool heard = false;
  for (Frame part; part.receive(monitor_, ZMQ_DONTWAIT);)
    heard = true;
  return heard;
}

/// The monitor does not say whose connection has ended: those who cannot be sent to are gone.
void RouterPeers::find_gone(std::vector<Message>& into) {
  const std::lock_guard lock(mutex_);
  for (auto at = ids_.begin(); at != ids_.end();) {
    Frame ping = wire::build({.kind = wire::Kind::ping}, {}, {}, 0);
    const auto peer = at++;
    if (send_to(peer->second, ping) || zmq_errno() != EHOSTUNREACH) continue;
    into.push_back({.peer = peer->first, .frame = {}, .gone = true});
    numbers_.erase(peer->second);
    ids_.erase(peer);
  }
  unread_ = true;  // perhaps
  wake();
}

void RouterPeers::forget(std::uint64_t peer) {
  const std::lock_guard lock(mutex_);
  const auto found = ids_.find(peer);
  if (found == ids_.end()) return;
  numbers_.erase(found->second);
  ids_.erase(found);
}

bool RouterPeers::send(std::uint64_t peer, Frame& frame) {
  bool sent = false;
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = ids_.find(peer);
    if (found == ids_.end()) return false;
    sent = send_to(found->second, frame);
    tell = !unread_ && may_have_read();
    unread_ = unread_ || tell;
    if (receiver_ == std::this_thread::get_id()) tell = false;  // it looks before it waits
  }
  if (tell) wake();
  return sent;
}

/// What was sent may have made libzmq read what its descriptor does not show any more. The receiver
/// itself does not ask, which is a system call, but looks once after all that it has to send.
bool RouterPeers::may_have_read() {
  if (receiver_ == std::this_thread::get_id()) return true;
  int events = 0;
  std::size_t size = sizeof events;
  zmq_getsockopt(socket_, ZMQ_EVENTS, &events, &size);
  return (events & ZMQ_POLLIN) != 0;
}

/// Precondition: mutex_ is held.
bool RouterPeers::send_to(const std::string& id, Frame& frame) {
  if (zmq_send(socket_, id.data(), id.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) return false;
  return frame.send(socket_, ZMQ_DONTWAIT);
}

}  // namespace rmi
