// DealerSocket over libzmq.
#include "bus/socket.hpp"

#include <sys/random.h>
#include <zmq.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

#include "bus/keys.hpp"

namespace rmi {
namespace {

void set_int(void* socket, int option, int value) {
  zmq_setsockopt(socket, option, &value, sizeof value);
}

/// libzmq draws routing ids and jitter from rand() and never seeds it.
void seed_rand() {
  unsigned seed = 0;
  if (getrandom(&seed, sizeof seed, 0) == sizeof seed) std::srand(seed);
}

/// A ping goes out after a third of the time, and its answer must be here by the end of it; the
/// other end gives up when it has heard no ping for that long. libzmq sends the last in tenths of a
/// second.
void configure_heartbeat(void* socket, std::chrono::milliseconds bound) {
  const int time = static_cast<int>(bound.count());
  set_int(socket, ZMQ_HEARTBEAT_IVL, time / 3);
  set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, time - time / 3);
  set_int(socket, ZMQ_HEARTBEAT_TTL, time);
}

void configure(void* socket, const LinkLimits& limits) {
  struct Setting {
    int option;
    int value;
  };
  static constexpr std::array<Setting, 9> settings{{
      // With 1, libzmq 4.3.4 throws away what it has received when a connection ends
      // (socket_base.cpp,
      // hiccuped). Nothing waits here for a connection to come: the owner sends once there is one,
      // and a socket has but one.
      {ZMQ_IMMEDIATE, 0},
      {ZMQ_LINGER, 1000},
      {ZMQ_RECONNECT_IVL, 3600000},  // never: but the event "will retry" tells of a failure
      {ZMQ_HANDSHAKE_IVL, 3000},
      {ZMQ_CONNECT_TIMEOUT, 3000},
      {ZMQ_SNDHWM, 20000},
      {ZMQ_RCVHWM, 20000},
      {ZMQ_IPV6, 1},
      {ZMQ_TCP_KEEPALIVE, 1},
  }};
  for (const auto& setting : settings)
    set_int(socket, setting.option, setting.value);
  configure_heartbeat(socket, limits.heartbeat);
  const auto limit = static_cast<std::int64_t>(limits.max_message);
  zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
}

/// @return false when it is not: then nothing may go over that socket.
bool encrypt(void* socket, const LinkKeys& keys, std::size_t max_message) {
  const auto set = [socket](int option, const std::string& key) {
    return zmq_setsockopt(socket, option, key.data(), key.size()) == 0;
  };
  const auto limit = static_cast<std::int64_t>(max_message + curve_overhead);
  zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
  return set(ZMQ_CURVE_SERVERKEY, keys.broker) && set(ZMQ_CURVE_PUBLICKEY, keys.own.public_key) &&
         set(ZMQ_CURVE_SECRETKEY, keys.own.secret_key);
}

/// One that was never used: libzmq gives an endpoint free some time after its socket was closed.
std::string monitor_endpoint() {
  static std::atomic<std::uint64_t> count{0};
  return "inproc://monitor-" + std::to_string(++count);
}

}  // namespace

ZmqContext::ZmqContext() {
  seed_rand();
  context_ = zmq_ctx_new();
  if (context_ == nullptr) throw std::bad_alloc();
}

ZmqContext::~ZmqContext() {
  zmq_ctx_term(context_);
}

DealerSocket::DealerSocket(ZmqContext& context, const std::string& endpoint,
                           const LinkLimits& limits)
    : socket_(zmq_socket(context.native(), ZMQ_DEALER)) {
  if (socket_ == nullptr)
    throw std::runtime_error(std::string("cannot open a ZeroMQ socket: ") +
                             zmq_strerror(zmq_errno()));
  configure(socket_, limits);
  if (limits.keys != nullptr && !encrypt(socket_, *limits.keys, limits.max_message)) {
    zmq_close(socket_);
    throw std::runtime_error("ZeroMQ takes no keys, so that the connection would not be encrypted");
  }
  const std::string where = monitor_endpoint();
  zmq_socket_monitor(socket_, where.c_str(), ZMQ_EVENT_ALL);
  monitor_ = zmq_socket(context.native(), ZMQ_PAIR);
  set_int(monitor_, ZMQ_LINGER, 0);
  zmq_connect(monitor_, where.c_str());
  std::size_t size = sizeof fd_;
  zmq_getsockopt(socket_, ZMQ_FD, &fd_, &size);
  if (zmq_connect(socket_, endpoint.c_str()) != 0) {
    const std::string why = zmq_strerror(zmq_errno());
    zmq_close(monitor_);
    zmq_close(socket_);
    throw std::invalid_argument("cannot connect to '" + endpoint + "': " + why);
  }
}

DealerSocket::~DealerSocket() {
  zmq_socket_monitor(socket_, nullptr, 0);
  zmq_close(monitor_);
  zmq_close(socket_);
}

void DealerSocket::abandon() noexcept {
  set_int(socket_, ZMQ_LINGER, 0);
}

bool DealerSocket::send(Frame& frame) noexcept {
  return frame.send(socket_, ZMQ_DONTWAIT);
}

bool DealerSocket::receive(Frame& frame) noexcept {
  return frame.receive(socket_, ZMQ_DONTWAIT);
}

LinkEvent DealerSocket::read_event() noexcept {
  Frame head;
  Frame address;
  if (!head.receive(monitor_, ZMQ_DONTWAIT)) return LinkEvent::none;
  if (head.more()) address.receive(monitor_, ZMQ_DONTWAIT);
  std::uint16_t event = 0;
  std::uint32_t value = 0;
  if (head.size() < sizeof event + sizeof value) return LinkEvent::none;
  std::memcpy(&event, head.bytes().data(), sizeof event);
  std::memcpy(&value, head.bytes().data() + sizeof event, sizeof value);
  switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return LinkEvent::up;
    case ZMQ_EVENT_CLOSED:
      return LinkEvent::refused;
    case ZMQ_EVENT_DISCONNECTED:
      return LinkEvent::down;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return LinkEvent::key_refused;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      return value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH ? LinkEvent::other_mechanism
                                                                 : LinkEvent::handshake_failed;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      return LinkEvent::handshake_failed;
    default:
      return LinkEvent::none;
  }
}

LinkEvent DealerSocket::next_event(int wake_fd, std::chrono::milliseconds timeout) {
  if (const LinkEvent event = read_event(); event != LinkEvent::none) return event;
  std::array<zmq_pollitem_t, 2> items{
      {{monitor_, 0, ZMQ_POLLIN, 0}, {nullptr, wake_fd, ZMQ_POLLIN, 0}}};
  zmq_poll(items.data(), static_cast<int>(items.size()), static_cast<long>(timeout.count()));
  return read_event();
}

}  // namespace rmi
