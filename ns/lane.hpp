// One lane of a broker: a routing thread around the pure core, with a socket of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <rmi/log.hpp>

#include "bus/socket.hpp"
#include "ns/control_line.hpp"
#include "ns/limits.hpp"
#include "ns/registry.hpp"
#include "ns/router_socket.hpp"
#include "ns/routing.hpp"
#include "ns/stalled_links.hpp"
#include "ns/strangers.hpp"

namespace rmi::ns {

/// A socket that listens already, in a context of its own.
struct LaneSocket {
  std::unique_ptr<ZmqContext> context;
  std::unique_ptr<ZapHandler> zap;  ///< null without keys
  std::unique_ptr<RouterSocket> router;
};

/// Thread safety: owner thread only, but for what says otherwise.
class Lane {
 public:
  struct Options {
    Routing::Options routing{};
    Duration lease{};
    /// Called on each turn of the loop. @return when it wants to be called again at the latest;
    /// nothing for whenever.
    std::function<std::optional<std::chrono::milliseconds>(Time now)> on_turn{};
    std::function<void()> on_drain{};  ///< once: it begins to drain
    std::function<void()> on_stop{};   ///< once: it takes no more, its calls are about to be ended
    std::function<void()> on_end{};    ///< once, as the last act of its thread
  };
  /// To be done by the lane's thread between two frames.
  using Act = std::function<void(Time now)>;

  Lane(LaneSocket socket, Options options, Time now);
  /// Stops it.
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Before start(), and on the lane's thread.
  Registry& registry() noexcept { return registry_; }
  Routing& routing() noexcept { return routing_; }

  /// Routes from now on.
  void start();
  /// Never blocks, but while the loop is far behind; nothing happens when it has ended. Thread
  /// safe.
  void tell(ControlMessage::What what);
  /// Has it done before the lane takes the next frame, in the order of these calls; not at all when
  /// it has ended. Thread safe.
  void post(Act act);
  /// The same, and waits until it is done. @return false when it was not: the lane has ended.
  /// Thread safe, once the lane is started; not for the lane's own thread.
  bool ask(const Act& act);
  /// Ends all calls with an error, gives the answers a second to leave, and closes. Blocks until
  /// that is done.
  void stop();

 private:
  void run();
  void take_posted(Time now);
  void refuse_posts();
  std::optional<std::chrono::milliseconds> longest_wait(Time now);
  template <class Fn>
  void survive(std::string_view what, Fn&& fn);
  void take(RouterSocket::Received& received, Time now);
  void take_frame(Peer peer, Frame&& frame, Time now);
  void note_source(int fd, Peer peer, Time now);
  void end_stalled_links();
  void end_strangers();
  void take_control(const ControlMessage& message, Time now);
  void log(const LogLine& line) const {
    if (options_.routing.log) options_.routing.log(line);
  }

  const Options options_;
  const Limits& limits_ = options_.routing.limits;
  const std::unique_ptr<ZmqContext> context_;
  const std::unique_ptr<ZapHandler> zap_;  ///< goes after the socket that needs it
  std::unique_ptr<RouterSocket> router_;   ///< belongs to the lane's thread
  ControlLine line_;
  Registry registry_;
  Routing routing_;
  /// Which peer greeted over which connection, to know who it was when the monitor says that one
  /// has ended. Lane's thread only.
  std::unordered_map<int, Peer> peer_of_fd_;
  StalledLinks stalled_;  ///< lane's thread only
  Strangers strangers_;   ///< lane's thread only
  bool active_ = false;   ///< lane's thread only: look for them when all that came is done
  Time next_look_{};      ///< lane's thread only: not before
  Time last_accept_warning_{};
  bool stopping_ = false;    ///< lane's thread only
  bool drain_told_ = false;  ///< lane's thread only
  std::atomic<bool> ended_{false};
  std::atomic<bool> any_posted_{false};
  std::mutex posted_mutex_;  ///< guards what follows
  std::vector<Act> posted_;
  bool takes_posts_ = true;
  std::mutex stop_mutex_;
  std::optional<LinkMonitor> monitor_;
  std::thread thread_;
};

}  // namespace rmi::ns
