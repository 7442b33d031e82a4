// How other threads reach the routing thread, and what the socket's monitor tells it.
#pragma once

#include <mutex>
#include <thread>

#include "bus/socket.hpp"
#include "ns/router_socket.hpp"

namespace rmi::ns {

/// An inproc connection to a RouterSocket, known to it by its secret.
/// Thread safety: thread safe.
class ControlLine {
 public:
  /// @param name  one byte, different for each line of one socket.
  ControlLine(ZmqContext& context, const RouterSocket& router, char name);
  ~ControlLine();
  ControlLine(const ControlLine&) = delete;
  ControlLine& operator=(const ControlLine&) = delete;

  /// Never blocks. False when the routing thread is gone, or a hundred thousand messages behind.
  bool send(ControlMessage message);

 private:
  std::mutex mutex_;
  void* socket_;
};

/// A thread that passes the news of libzmq's socket monitor on, until the RouterSocket is gone,
/// turns connections away before descriptors run out, and tells when the process is active. Thread
/// safety: owner thread only.
class LinkMonitor {
 public:
  LinkMonitor(ZmqContext& context, RouterSocket& router);
  /// Waits until the RouterSocket is gone: destroy that first.
  ~LinkMonitor();
  LinkMonitor(const LinkMonitor&) = delete;
  LinkMonitor& operator=(const LinkMonitor&) = delete;

 private:
  void run();

  ControlLine line_;
  void* events_;
  std::thread thread_;
};

}  // namespace rmi::ns
