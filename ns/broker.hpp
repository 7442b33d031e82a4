// A whole broker: one routing thread around the pure core.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
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
#include "ns/stalled_links.hpp"
#include "ns/strangers.hpp"

namespace rmi::ns {

/// Thread safety: thread safe.
class Broker {
 public:
  struct Options {
    std::vector<std::string> endpoints;
    bool insecure = false;
    std::chrono::milliseconds lease{6000};
    /// How long calls in flight may take when it drains.
    std::chrono::milliseconds grace{10'000};
    /// Whether callers may make it drain (BrokerControl::drain); not if it is part of a program.
    bool drains_on_request = false;
    /// Called on each turn of the routing loop. @return when it wants to be called again at the
    /// latest; nothing for whenever.
    std::function<std::optional<std::chrono::milliseconds>(Time now)> on_turn{};
    /// Called once, by the routing thread: it begins to drain.
    std::function<void()> on_drain{};
    /// Called once, by the routing thread as its last act: it has drained, or was stopped.
    std::function<void()> on_end{};
    Limits limits{};
    LogSink log{};
    std::shared_ptr<NameStore> store{};  ///< keeps durable names; null for none
  };

  /// Listens and routes from now on.
  /// @throws std::invalid_argument  a malformed endpoint, none, one that needs `insecure`, or a
  ///                                lease or grace time out of range.
  /// @throws std::runtime_error     the system refuses an endpoint; the text says why.
  explicit Broker(Options options);
  /// Stops.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Where it listens, with real ports.
  const std::vector<std::string>& endpoints() const noexcept { return endpoints_; }
  /// Begins an orderly end, and returns at once: new calls are refused as Draining, so that buses
  /// make them again; those in flight may end within the grace time; then it closes. on_end tells.
  void drain();
  /// Ends all calls with an error, gives the answers a second to leave, and closes. Blocks until
  /// that is done.
  void stop();

 private:
  void tell(ControlMessage message);
  void run();
  std::optional<std::chrono::milliseconds> longest_wait(Time now);
  template <class Fn>
  void survive(std::string_view what, Fn&& fn);
  void take(RouterSocket::Received received, Time now);
  void take_frame(Peer peer, Frame frame, Time now);
  void note_source(int fd, Peer peer, Time now);
  void end_stalled_links();
  void end_strangers();
  void take_control(const ControlMessage& message, Time now);
  ControlObject::Facts facts(Time start) const;
  void log(const LogLine& line) const {
    if (log_) log_(line);
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
  StalledLinks stalled_;  ///< routing thread only
  Strangers strangers_;   ///< routing thread only
  bool active_ = false;   ///< routing thread only: look for them when all that came is done
  Time next_look_{};      ///< routing thread only: not before
  Time last_accept_warning_{};
  bool stopping_ = false;    ///< routing thread only
  bool drain_told_ = false;  ///< routing thread only
  std::atomic<bool> ended_{false};
  std::mutex stop_mutex_;
  std::optional<LinkMonitor> monitor_;
  std::thread thread_;
};

}  // namespace rmi::ns
