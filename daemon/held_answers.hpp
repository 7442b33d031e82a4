// Answers of a listener that leave together: to calls that came together.
#pragma once

#include <cstdint>
#include <utility>

#include <rmi/log.hpp>

#include "bus/bundle.hpp"
#include "bus/futex.hpp"
#include "daemon/peer_sockets.hpp"

namespace rmi {

/// Thread safety: one thread at a time.
class HeldAnswers {
 public:
  /// @param longest  that the first answer of a bundle waits, while all goes as expected.
  /// Lifetime: borrows the sockets.
  HeldAnswers(PeerSockets& sockets, LogSink log,
              SteadyTime::duration longest = Bundle::longest_wait)
      : sockets_(sockets), log_(std::move(log)), longest_(longest) {}

  bool empty() const noexcept { return bundle_.empty(); }
  /// Sends an answer, or keeps it for flush() because more are about to follow to that peer.
  /// @return false when the peer is gone, or does not read; `frame` is kept then.
  bool send(std::uint64_t peer, Frame& frame, bool more_follow);
  void flush();

 private:
  PeerSockets& sockets_;
  const LogSink log_;
  const SteadyTime::duration longest_;
  Bundle bundle_;
  std::uint64_t peer_ = 0;  ///< whom it is for
  SteadyTime since_{};
};

}  // namespace rmi
