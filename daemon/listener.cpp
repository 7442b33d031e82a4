// Receiving calls without a broker in between.
#include "daemon/listener.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "bus/signals_blocked.hpp"

namespace rmi {
namespace {

zmq_msg_t* native(Frame& frame) {
  return static_cast<zmq_msg_t*>(frame.native());
}

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

Listener::Listener(Host& host, const std::string& endpoint, std::size_t max_message, LogSink log)
    : host_(host),
      max_message_(max_message),
      log_(std::move(log)),
      socket_(zmq_socket(context_.native(), ZMQ_ROUTER)),
      monitor_(zmq_socket(context_.native(), ZMQ_PAIR)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (socket_ == nullptr || monitor_ == nullptr || wake_fd_ < 0)
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
    ::close(wake_fd_);
    throw;
  }
  file_ = std::make_unique<SocketFile>(endpoint_);
  fd_ = descriptor_of(socket_);
}

Listener::~Listener() {
  stop();
  file_->remove();
  zmq_socket_monitor(socket_, nullptr, 0);
  zmq_close(monitor_);
  zmq_close(socket_);
  ::close(wake_fd_);
}

void Listener::start() {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

void Listener::stop() {
  stopping_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
}

void Listener::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(wake_fd_, &one, sizeof one);
}

void Listener::run() {
  const int monitor_fd = descriptor_of(monitor_);
  while (!stopping_) {
    const bool heard = heard_disconnect();  // before the last words of whom that is about
    for (auto& message : receive_all())
      take(std::move(message));
    if (heard) {
      ping_all();
      continue;
    }
    std::array<pollfd, 3> fds{{{wake_fd_, POLLIN, 0}, {fd_, POLLIN, 0}, {monitor_fd, POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), -1);
    std::uint64_t count = 0;
    if (fds[0].revents != 0) [[maybe_unused]]
      const auto size = ::read(wake_fd_, &count, sizeof count);
  }
}

/// To EAGAIN, because the descriptor is edge-triggered.
std::vector<Listener::Message> Listener::receive_all() {
  std::vector<Message> messages;
  const std::lock_guard lock(mutex_);
  for (;;) {
    Frame id;
    if (zmq_msg_recv(native(id), socket_, ZMQ_DONTWAIT) < 0) return messages;
    Frame frame;
    bool several = false;
    if (zmq_msg_more(native(id)) != 0) {
      zmq_msg_recv(native(frame), socket_, ZMQ_DONTWAIT);
      frame.taken_from_libzmq();
      for (several = zmq_msg_more(native(frame)) != 0; several;) {
        Frame rest;
        zmq_msg_recv(native(rest), socket_, ZMQ_DONTWAIT);
        if (zmq_msg_more(native(rest)) == 0) break;
      }
    }
    if (several) continue;  // a message is one frame
    const std::string name(reinterpret_cast<const char*>(id.bytes().data()), id.size());
    auto [at, fresh] = links_.try_emplace(name, last_link_ + 1);
    if (fresh) peers_[++last_link_].id = name;
    messages.push_back({at->second, std::move(frame)});
  }
}

void Listener::take(Message message) {
  const auto parsed = wire::parse(std::as_const(message.frame).bytes());
  const auto* view = std::get_if<wire::View>(&parsed);
  if (view == nullptr)
    return refuse(message.link, wire::call_id_of(std::as_const(message.frame).bytes()),
                  ErrorCode::protocol, "this frame is none of version 1");
  switch (view->header.kind) {
    case wire::Kind::hello:
      return on_hello(message.link, *view);
    case wire::Kind::bye:
      return lose(message.link, false);
    case wire::Kind::ping:
      wire::set_kind(message.frame, wire::Kind::pong);
      answer(message.frame, message.link, false);
      return;
    case wire::Kind::call:
    case wire::Kind::cancel:
      break;
    default:
      return;
  }
  std::uint32_t session = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto peer = peers_.find(message.link);
    if (peer != peers_.end() && peer->second.welcome) session = peer->second.session;
  }
  if (session == 0)
    return refuse(message.link, view->header.call_id, ErrorCode::unknown_session,
                  "greet this daemon with a hello first");
  wire::set_session(message.frame, session);
  host_.take_from(*this, std::move(message.frame), message.link);
}

bool Listener::answer(Frame& frame, std::uint64_t link, bool) {
  bool more = false;
  bool sent = false;
  {
    const std::lock_guard lock(mutex_);
    const auto peer = peers_.find(link);
    if (peer == peers_.end()) return false;
    sent = send(peer->second.id, frame);
    int events = 0;
    std::size_t size = sizeof events;
    zmq_getsockopt(socket_, ZMQ_EVENTS, &events, &size);
    more = (events & ZMQ_POLLIN) != 0;
  }
  if (more) wake();
  return sent;
}

/// Precondition: mutex_ is held.
bool Listener::send(const std::string& id, Frame& frame) {
  if (zmq_send(socket_, id.data(), id.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) return false;
  frame.given_to_libzmq();
  return zmq_msg_send(native(frame), socket_, ZMQ_DONTWAIT) >= 0;
}

}  // namespace rmi
