// The DEALER of a bus or daemon, with the settings of the design, and its monitor.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "bus/frame.hpp"

namespace rmi {

/// Of a DealerSocket.
struct LinkLimits {
  std::size_t max_message;
  /// Within what time a peer that is silent is given up, at both ends.
  std::chrono::milliseconds heartbeat;
};

/// One libzmq context: its I/O thread, and the namespace of its inproc endpoints.
/// Thread safety: thread safe.
class ZmqContext {
 public:
  ZmqContext();
  ~ZmqContext();
  ZmqContext(const ZmqContext&) = delete;
  ZmqContext& operator=(const ZmqContext&) = delete;
  void* native() const noexcept { return context_; }

 private:
  void* context_;
};

/// What the monitor of a connecting socket has to say.
enum class LinkEvent : std::uint8_t { none, up, refused, handshake_failed, down };

/// One connection attempt to one endpoint and, if it succeeds, the connection. libzmq's own
/// reconnecting is off: a protocol error ends its sessions for good and its jitter is the same
/// in every process, so the owner makes a new DealerSocket instead.
/// Thread safety: one thread at a time, except next_event(), which belongs to one other thread.
class DealerSocket {
 public:
  /// @throws std::invalid_argument  libzmq refuses the endpoint; the text says why.
  DealerSocket(ZmqContext& context, const std::string& endpoint, const LinkLimits& limits);
  ~DealerSocket();
  DealerSocket(const DealerSocket&) = delete;
  DealerSocket& operator=(const DealerSocket&) = delete;

  /// False when the message cannot go now (not connected, or the queue is full); `frame` is kept.
  bool send(Frame& frame) noexcept;
  /// False when nothing is there.
  bool receive(Frame& frame) noexcept;
  /// Edge-triggered: readable means "look again", see Channel.
  int fd() const noexcept { return fd_; }

  /// Waits for the next event, for `wake_fd` to become readable, or for the timeout.
  LinkEvent next_event(int wake_fd, std::chrono::milliseconds timeout);
  /// Unsent messages are thrown away at close instead of being kept for a second.
  void abandon() noexcept;

 private:
  LinkEvent read_event() noexcept;
  void* socket_;
  void* monitor_ = nullptr;
  int fd_ = -1;
};

}  // namespace rmi
