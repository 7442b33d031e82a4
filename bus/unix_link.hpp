// The connecting end of the local lane.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "bus/event_fd.hpp"
#include "bus/frame_stream.hpp"
#include "bus/futex.hpp"
#include "bus/link_socket.hpp"

namespace rmi {

/// A link over a Unix stream socket: no thread and no queue between a call and the kernel.
///
/// A peer that dies closes the socket. One that is stopped does not: it is asked for a sign of life
/// when it has said nothing for a quarter of the heartbeat's time, and given up after the whole.
class UnixLink final : public LinkSocket {
 public:
  /// @throws std::invalid_argument  the path is empty or too long.
  UnixLink(std::string path, const LinkLimits& limits);
  ~UnixLink() override;

  bool send(Frame& frame) noexcept override;
  bool receive(Frame& frame) noexcept override;
  int fd() const noexcept override;
  short poll_events() noexcept override;
  void polled(short events) noexcept override;
  bool shows_all() const noexcept override;
  /// Connects, when it is called for the first time.
  LinkEvent next_event(int wake_fd, std::chrono::milliseconds timeout) override;
  void abandon() noexcept override { lingers_ = false; }

 private:
  LinkEvent connect();
  bool silent_too_long(SteadyTime now);

  const std::string path_;
  const LinkLimits limits_;
  EventFd queued_;  ///< something is queued
  std::optional<FrameStream> stream_;
  bool lingers_ = true;
  /// Whoever receives polls for room as well: then next_event() need not.
  std::atomic<bool> receiver_flushes_{false};

  // Belong to next_event().
  SteadyTime next_look_;
  SteadyTime silent_since_;
  std::uint64_t seen_arrivals_ = 0;
};

}  // namespace rmi
