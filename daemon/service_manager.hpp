// systemd, or whatever has started this process and wants to know how it does: sd_notify(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "bus/futex.hpp"

namespace rmi {

/// One datagram a message, to the Unix socket that the environment names; without one, nothing is
/// sent. That is the whole protocol, so that it needs no library.
/// Thread safety: one thread at a time.
class ServiceManager {
 public:
  /// Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.
  ServiceManager();

  /// "READY=1" or "STOPPING=1".
  void tell(std::string_view state) const noexcept { send(state, 0); }
  /// Tells it "WATCHDOG=1", if it wants to know that this process is alive and has not been told
  /// for half of the time after which it loses patience. Never blocks.
  /// @return how long until it is to be told again; nothing if it does not want to know.
  std::optional<std::chrono::milliseconds> feed_watchdog(SteadyTime now) noexcept;

 private:
  void send(std::string_view message, int flags) const noexcept;

  std::string socket_;
  std::chrono::milliseconds feed_every_{0};  ///< 0: never
  SteadyTime next_feed_{};
};

}  // namespace rmi
