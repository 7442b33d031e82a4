// The DEALER of a bus or daemon, with the settings of the design, and its monitor.
#pragma once

#include <chrono>
#include <string>

#include "bus/link_socket.hpp"

namespace rmi {

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

/// A link over libzmq, whose own reconnecting is off: a protocol error ends its sessions for good
/// and its jitter is the same in every process.
class DealerSocket final : public LinkSocket {
 public:
  /// @throws std::invalid_argument  libzmq refuses the endpoint; the text says why.
  DealerSocket(ZmqContext& context, const std::string& endpoint, const LinkLimits& limits);
  ~DealerSocket() override;

  bool send(Frame& frame) noexcept override;
  bool receive(Frame& frame) noexcept override;
  int fd() const noexcept override { return fd_; }
  bool shows_all() const noexcept override { return false; }
  LinkEvent next_event(int wake_fd, std::chrono::milliseconds timeout) override;
  void abandon() noexcept override;

 private:
  LinkEvent read_event() noexcept;
  void* socket_;
  void* monitor_ = nullptr;
  int fd_ = -1;
};

}  // namespace rmi
