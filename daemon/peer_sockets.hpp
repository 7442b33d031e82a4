// The listening end of direct links, whatever carries them: what a listener needs to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <rmi/log.hpp>

#include "bus/frame.hpp"

namespace rmi {

/// Those who call a listener. A peer has a number, which is never used again.
/// Thread safety: thread safe, except receive(), which belongs to one thread at a time.
class PeerSockets {
 public:
  struct Message {
    std::uint64_t peer;
    Frame frame;
    bool gone = false;  ///< that peer's connection has ended; the last that is said of it
  };

  PeerSockets() = default;
  virtual ~PeerSockets() = default;
  PeerSockets(const PeerSockets&) = delete;
  PeerSockets& operator=(const PeerSockets&) = delete;

  /// Where, with the real port.
  virtual const std::string& endpoint() const noexcept = 0;
  /// Frames of a bundle, at most.
  virtual std::size_t most_together() const noexcept = 0;
  /// Waits until there is something, or wake(). Appends what there is.
  virtual void receive(std::vector<Message>& into) = 0;
  /// False when the peer is gone, or does not read; `frame` is kept.
  virtual bool send(std::uint64_t peer, Frame& frame) = 0;
  /// Forgets a peer that has said goodbye.
  virtual void forget(std::uint64_t peer) = 0;
  /// Ends a receive(), or the next one.
  virtual void wake() noexcept = 0;
};

/// Listens at once. @param endpoint  "tcp://127.0.0.1:*", "ipc://PATH" or "unix://*".
/// @throws as listen(); std::runtime_error  there is no private folder for a local lane.
std::unique_ptr<PeerSockets> open_peer_sockets(const std::string& endpoint, std::size_t max_message,
                                               LogSink log);

}  // namespace rmi
