// A whole broker: one routing thread around the pure core.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <rmi/log.hpp>

#include "bus/socket.hpp"
#include "ns/builtin_objects.hpp"
#include "ns/control_line.hpp"
#include "ns/limits.hpp"
#include "ns/log_queue.hpp"
#include "ns/registry.hpp"
#include "ns/router_socket.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {

/// Thread safety: thread safe.
class Broker {
 public:
  struct Options {
    std::vector<std::string> endpoints;
    bool insecure = false;
    std::chrono::milliseconds lease{15'000};
    Limits limits{};
    LogSink log{};
  };

  /// Listens and routes from now on.
  /// @throws std::invalid_argument  a malformed endpoint, none, one that needs `insecure`, or a
  ///                                lease out of range.
  /// @throws std::runtime_error     the system refuses an endpoint; the text says why.
  explicit Broker(Options options);
  /// Stops.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Where it listens, with real ports.
  const std::vector<std::string>& endpoints() const noexcept { return endpoints_; }
  /// Ends all calls with an error, gives the answers a second to leave, and closes. Blocks until
  /// that is done.
  void stop();

 private:
  void run();
  template <class Fn>
  void survive(std::string_view what, Fn&& fn);
  void take(RouterSocket::Received received, Time now);
  void take_frame(Peer peer, Frame frame, Time now);
  void note_source(int fd, Peer peer, Time now);
  void take_control(const ControlMessage& message, Time now);
  ControlObject::Facts facts(Time start) const;
  void log(LogLevel level, const std::string& text) const {
    if (log_) log_(level, text);
  }

  const Options options_;
  std::optional<LogQueue> log_queue_;
  const LogSink log_;
  const std::uint64_t epoch_;
  ZmqContext context_;
  std::unique_ptr<RouterSocket> router_;  ///< belongs to the routing thread
  std::vector<std::string> endpoints_;
  ControlLine line_;
  Registry registry_;
  Routing routing_;
  BuiltinObjects builtins_;
  /// Which peer greeted over which connection, to know who it was when the monitor says that one
  /// has ended. Routing thread only.
  std::unordered_map<int, Peer> peer_of_fd_;
  Time last_accept_warning_{};
  bool stopping_ = false;  ///< routing thread only
  std::mutex stop_mutex_;
  std::optional<LinkMonitor> monitor_;
  std::thread thread_;
};

}  // namespace rmi::ns
