// Connections beside the one to the broker: straight to daemons that listen themselves, and to the
// further lanes of the broker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <rmi/path.hpp>

#include "bus/connection.hpp"
#include "bus/lane_trails.hpp"

namespace rmi {

class Bus;
class LaneLink;

/// A connection to one daemon, with a thread for what follows asynchronous calls.
class DirectLink {
 public:
  DirectLink(Connection::Options options, std::function<bool(Hello&)> introduce);
  virtual ~DirectLink();
  DirectLink(const DirectLink&) = delete;
  DirectLink& operator=(const DirectLink&) = delete;
  Connection& connection() noexcept { return connection_; }
  /// Ends what is under way; what follows it has run when this returns.
  virtual void stop();

 protected:
  DirectLink(Connection::Options options, ConnectionEvents events);
  bool stopped_ = false;

 private:
  void start_worker();
  void work(Channel::Worker& self);
  std::mutex mutex_;
  std::thread worker_;
  Connection connection_;
};

/// These connections of one bus: made when they are wanted, kept while the bus lives, or until
/// their daemon has gone for good.
/// Thread safety: thread safe.
class DirectLinks {
 public:
  /// @param own_threads  what follows asynchronous calls may run on threads of the library, and
  ///                     calls that come in are answered meanwhile.
  DirectLinks(Bus& bus, bool own_threads) : bus_(bus), own_threads_(own_threads) {}

  /// On a path that prefers that, to the daemon that serves the name, if the broker knows where it
  /// listens and it can be reached. Else to the lane that carries its calls, if that is not the
  /// first one; else null. Null always for a bus without own threads. Blocks at the first time,
  /// until the deadline at most.
  std::shared_ptr<DirectLink> to_object(std::string_view object, Path path, SteadyTime deadline);
  /// To that endpoint. Does not wait for it to be reached. @throws NotConnected  the bus ends.
  std::shared_ptr<DirectLink> to_endpoint(const std::string& endpoint);
  /// It turned out not to serve the name (any more).
  void forget(std::string_view object);

  // Lanes.
  /// Whether the broker has several, or has not said yet.
  bool any_lanes() const noexcept { return lanes_.load(std::memory_order_relaxed) != 1; }
  /// For a call that goes over the connection to the broker: see LaneTrails::begin(). Null also if
  /// that is the lane of the object.
  std::shared_ptr<LaneTrails::Call> trail(std::string_view object, bool waits);
  /// A oneway goes over it.
  void note_oneway(std::string_view object);
  /// A session with the broker has begun: those with its lanes are to be the same one.
  void on_welcome(const Welcome& welcome);
  /// Has all lanes find this bus, or waits until the deadline; so calls of what it serves come.
  void open_lanes(SteadyTime deadline);
  /// Returns when what the lanes have sent until now is taken in, or at the deadline.
  void settle_lanes(SteadyTime deadline);

  /// Whether that is the session of one of these connections: a daemon asks that before it
  /// believes that the connection and the session at the broker belong together.
  bool vouch(const SessionId& session) const;
  /// Ends all connections, and makes no new ones.
  void stop();

 private:
  struct Known {
    std::shared_ptr<DirectLink> link;  ///< null: its daemon does not listen, or cannot be reached
    std::chrono::steady_clock::time_point until;
  };
  std::optional<std::shared_ptr<DirectLink>> known(std::string_view object);
  void remember(std::string_view object, std::shared_ptr<DirectLink> link);
  void end_useless();
  std::string ask(std::string_view object, SteadyTime deadline);
  std::shared_ptr<DirectLink> to_daemon(std::string_view object, SteadyTime deadline);
  bool leaves_trail(std::string_view object) const;
  std::shared_ptr<DirectLink> to_lane_of(std::string_view object, SteadyTime deadline);
  std::shared_ptr<LaneLink> lane(std::uint32_t number);
  std::vector<std::shared_ptr<LaneLink>> all_lanes();
  void await_common_end();

  Bus& bus_;
  const bool own_threads_;
  std::atomic<std::uint32_t> lanes_{0};  ///< of the broker; 0 as long as it has not said
  std::atomic<bool> waited_{false};      ///< for that
  LaneTrails trails_;
  mutable std::mutex mutex_;
  std::map<std::string, Known, std::less<>> known_;
  std::map<std::string, std::shared_ptr<DirectLink>, std::less<>> links_;
  std::vector<std::future<void>> ending_;  ///< links that are being stopped
  std::set<SessionId> sessions_;
  /// By lane; those that are wanted. They live as long as the bus: calls under way lead to them.
  std::vector<std::shared_ptr<LaneLink>> lane_links_;
  bool stopped_ = false;
};

}  // namespace rmi
