// A channel, and a ROUTER at its other end that a test drives by hand.
#pragma once

#include "bus/channel.hpp"
#include "bus/socket.hpp"

#include <zmq.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rmi_test {

using namespace rmi;
using namespace std::chrono_literals;

inline SteadyTime in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

inline std::uint64_t payload_number(Frame& frame) {
  std::uint64_t number = 0;
  std::memcpy(&number, wire::payload_of(frame).data(), sizeof number);
  return number;
}

inline Frame numbered(wire::Kind kind, std::uint64_t number, std::uint64_t call_id = 0) {
  Frame frame = wire::build({.kind = kind, .call_id = call_id}, "o", "m", sizeof number);
  std::memcpy(wire::payload_of(frame).data(), &number, sizeof number);
  return frame;
}

/// A ROUTER that a test drives by hand.
class Peer {
 public:
  explicit Peer(ZmqContext& context, const std::string& endpoint = "tcp://127.0.0.1:*")
      : socket_(zmq_socket(context.native(), ZMQ_ROUTER)) {
    const int zero = 0;
    zmq_setsockopt(socket_, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(socket_, ZMQ_SNDHWM, &zero, sizeof zero);  // a full ROUTER drops in silence
    const int patience = 30000;
    zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &patience, sizeof patience);
    while (zmq_bind(socket_, endpoint.c_str()) != 0) {  // a former one may be going still
    }
    std::size_t size = sizeof endpoint_;
    zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, endpoint_, &size);
  }
  ~Peer() {
    if (socket_ != nullptr) zmq_close(socket_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  std::string endpoint() const { return endpoint_; }

  bool receive(Frame& frame) { return id_.receive(socket_, 0) && frame.receive(socket_, 0); }
  /// To the peer of the last receive().
  void send(Frame frame) {
    Frame id = Frame::copy_of(id_.bytes());
    id.send(socket_, ZMQ_SNDMORE);
    frame.send(socket_, 0);
  }
  /// Closes the connection, after what was sent.
  void end() {
    const int time = 30000;
    zmq_setsockopt(socket_, ZMQ_LINGER, &time, sizeof time);
    zmq_close(std::exchange(socket_, nullptr));
  }

 private:
  void* socket_;
  Frame id_;
  char endpoint_[256] = {};
};

inline constexpr LinkLimits link_limits{.max_message = 1U << 20U, .heartbeat = 6s};

struct Fixture {
  ZmqContext context;
  Peer peer{context};
  Channel channel{[] {}};
  Link link = 0;

  Fixture() {
    auto socket = std::make_unique<DealerSocket>(context, peer.endpoint(), link_limits);
    while (socket->next_event(-1, 1000ms) != LinkEvent::up) {
    }
    link = channel.attach(std::move(socket));
  }
  ~Fixture() { channel.detach(); }

  /// Answers `count` frames with their own bytes as replies.
  std::thread echo(std::size_t count) {
    return std::thread([this, count] {
      Frame frame;
      for (std::size_t i = 0; i < count && peer.receive(frame); ++i) {
        wire::set_kind(frame, wire::Kind::reply);
        peer.send(std::move(frame));
        frame = Frame();
      }
    });
  }
};

/// Each thread makes `calls` exchanges; returns how many came back with the caller's own number.
inline std::size_t run_callers(Fixture& fixture, std::size_t threads, std::size_t calls) {
  std::atomic<std::size_t> right{0};
  std::vector<std::thread> callers;
  for (std::size_t t = 0; t < threads; ++t)
    callers.emplace_back([&, t] {
      for (std::size_t i = 0; i < calls; ++i) {
        auto answer = fixture.channel.exchange(numbered(wire::Kind::call, t * calls + i),
                                               fixture.link, in(60s));
        if (answer.end == Channel::End::answered && payload_number(answer.frame) == t * calls + i)
          ++right;
      }
    });
  for (auto& caller : callers)
    caller.join();
  return right;
}

}  // namespace rmi_test
