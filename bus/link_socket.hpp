// The connecting end of a link, whatever carries it: what a channel and a connection need to know.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bus/frame.hpp"

namespace rmi {

class ZmqContext;
struct LinkKeys;

/// Endpoints of the local lane: `unix://PATH`, frames over a Unix stream socket.
inline constexpr std::string_view lane_scheme = "unix://";

/// Of a LinkSocket.
struct LinkLimits {
  std::size_t max_message;
  /// Within what time a peer that is silent is given up, at both ends.
  std::chrono::milliseconds heartbeat;
  /// What a tcp link is encrypted with; null for not at all. Borrowed.
  const LinkKeys* keys = nullptr;
};

/// What has become of a link.
enum class LinkEvent : std::uint8_t {
  none,
  up,
  refused,
  foreign,
  handshake_failed,
  other_mechanism,  ///< one end has keys, the other one none
  key_refused,      ///< the other end does not know our key
  down
};

/// One connection attempt to one endpoint and, if it succeeds, the connection. It never connects
/// again: its owner makes a new one instead.
/// Thread safety: one thread at a time, except next_event(), which belongs to one other thread.
class LinkSocket {
 public:
  LinkSocket() = default;
  virtual ~LinkSocket() = default;
  LinkSocket(const LinkSocket&) = delete;
  LinkSocket& operator=(const LinkSocket&) = delete;

  /// False when the message cannot go now (not connected, or the queue is full); `frame` is kept.
  virtual bool send(Frame& frame) noexcept = 0;
  /// False when nothing is there.
  virtual bool receive(Frame& frame) noexcept = 0;
  /// Readable when there is something to receive; -1 when nothing comes any more.
  virtual int fd() const noexcept = 0;
  /// What a thread that receives has to poll fd() for, and is to say of it before it receives.
  virtual short poll_events() noexcept { return POLLIN; }
  virtual void polled(short /*events*/) noexcept {}
  /// Whether fd() is readable for as long as there is something. Else only once, after which
  /// receive() must return false before it is polled again: see Channel.
  virtual bool shows_all() const noexcept = 0;

  /// Waits for the next event, for `wake_fd` to become readable, or for the timeout.
  virtual LinkEvent next_event(int wake_fd, std::chrono::milliseconds timeout) = 0;
  /// Unsent messages are thrown away at close instead of being kept for a second.
  virtual void abandon() noexcept = 0;
};

/// @throws std::invalid_argument  nothing can connect to the endpoint; the text says why.
std::unique_ptr<LinkSocket> open_link(ZmqContext& context, const std::string& endpoint,
                                      const LinkLimits& limits);

}  // namespace rmi
