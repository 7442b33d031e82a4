// Messages into the routing thread.
#include "ns/control_line.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <zmq.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>

#include "ns/stalled_links.hpp"

namespace rmi::ns {
namespace {

constexpr const char* monitor_endpoint = "inproc://rmi-monitor";

void* open(ZmqContext& context, int type) {
  void* socket = zmq_socket(context.native(), type);
  if (socket == nullptr)
    throw std::runtime_error(std::string("cannot open a ZeroMQ socket: ") +
                             zmq_strerror(zmq_errno()));
  const int linger = 0;
  zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  return socket;
}

// Descriptors that connections must leave to the rest of the broker: the store, and libzmq, which
// spins when it has none to accept a connection with.
constexpr rlim_t reserve = 8;

// How often to see whether there is more to look at; as Activity wants it.
constexpr std::chrono::milliseconds look_pause(250);

/// The kernel gives the lowest number that is free: one near the limit says that few are left.
bool last_of_all(int fd) noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
         static_cast<rlim_t>(fd) + reserve >= limit.rlim_cur;
}

}  // namespace

ControlLine::ControlLine(ZmqContext& context, const RouterSocket& router, char name)
    : socket_(open(context, ZMQ_DEALER)) {
  // The monitor's thread must not wait here: libzmq's I/O thread would wait for it in turn.
  const int no_wait = 0;
  const int queue = 100'000;
  zmq_setsockopt(socket_, ZMQ_SNDTIMEO, &no_wait, sizeof no_wait);
  zmq_setsockopt(socket_, ZMQ_SNDHWM, &queue, sizeof queue);
  const std::string id = router.control_secret() + name;
  zmq_setsockopt(socket_, ZMQ_ROUTING_ID, id.data(), id.size());
  zmq_connect(socket_, router.control_endpoint().c_str());
}

ControlLine::~ControlLine() {
  zmq_close(socket_);
}

bool ControlLine::send(ControlMessage message) {
  const std::lock_guard lock(mutex_);
  return zmq_send(socket_, &message, sizeof message, 0) >= 0;
}

LinkMonitor::LinkMonitor(ZmqContext& context, RouterSocket& router)
    : line_(context, router, 'm'), events_(open(context, ZMQ_PAIR)) {
  zmq_socket_monitor(router.native(), monitor_endpoint,
                     ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_ACCEPT_FAILED |
                         ZMQ_EVENT_MONITOR_STOPPED);
  zmq_connect(events_, monitor_endpoint);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    zmq_close(events_);
    throw;
  }
}

LinkMonitor::~LinkMonitor() {
  thread_.join();
  zmq_close(events_);
}

void LinkMonitor::run() {
  using What = ControlMessage::What;
  Activity activity;
  auto next_look = std::chrono::steady_clock::now();
  const int pause = static_cast<int>(look_pause.count());
  zmq_setsockopt(events_, ZMQ_RCVTIMEO, &pause, sizeof pause);
  for (;;) {
    if (const auto now = std::chrono::steady_clock::now(); now >= next_look) {
      next_look = now + look_pause;
      if (activity.noticed()) line_.send({.what = What::active});
    }
    // A 16-bit event and a 32-bit value, then a second frame with the endpoint.
    Frame event;
    Frame endpoint;
    if (!event.receive(events_, 0)) {
      if (zmq_errno() == EINTR || zmq_errno() == EAGAIN) continue;
      return;
    }
    endpoint.receive(events_, 0);
    std::uint16_t number = 0;
    ControlMessage message;
    std::memcpy(&number, event.bytes().data(), sizeof number);
    std::memcpy(&message.value, event.bytes().data() + sizeof number, sizeof message.value);
    if (number == ZMQ_EVENT_MONITOR_STOPPED) return;
    if (number == ZMQ_EVENT_ACCEPTED && last_of_all(message.value)) {
      ::shutdown(message.value, SHUT_RDWR);  // libzmq finds its end, and closes it
      message.value = EMFILE;
      number = ZMQ_EVENT_ACCEPT_FAILED;
    }
    message.what = number == ZMQ_EVENT_ACCEPTED       ? What::connected
                   : number == ZMQ_EVENT_DISCONNECTED ? What::disconnected
                                                      : What::accept_failed;
    line_.send(message);
  }
}

}  // namespace rmi::ns
