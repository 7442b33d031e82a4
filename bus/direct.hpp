// Connections straight to daemons that listen themselves.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bus/connection.hpp"

namespace rmi {

class Bus;

/// A connection to one daemon, with a thread for what follows asynchronous calls.
class DirectLink {
 public:
  DirectLink(Connection::Options options, std::function<std::uint32_t(const SessionId&)> introduce);
  ~DirectLink();
  DirectLink(const DirectLink&) = delete;
  DirectLink& operator=(const DirectLink&) = delete;
  Connection& connection() noexcept { return connection_; }
  /// Ends what is under way; what follows it has run when this returns.
  void stop();

 private:
  void work();
  std::mutex mutex_;
  std::thread worker_;
  bool stopped_ = false;
  Connection connection_;
};

/// The direct connections of one bus: made when they are wanted, kept while the bus lives.
/// Thread safety: thread safe.
class DirectLinks {
 public:
  explicit DirectLinks(Bus& bus) : bus_(bus) {}

  /// To the daemon that serves the name, if the broker knows where it listens and it can be
  /// reached; else null. Blocks at the first time, until the deadline at most.
  std::shared_ptr<DirectLink> to_object(std::string_view object, SteadyTime deadline);
  /// To that endpoint. Does not wait for it to be reached. @throws NotConnected  the bus ends.
  std::shared_ptr<DirectLink> to_endpoint(const std::string& endpoint);
  /// It turned out not to serve the name (any more).
  void forget(std::string_view object);
  /// Whether that is the session of one of these connections: a daemon asks that before it
  /// believes that the connection and the session at the broker belong together.
  bool vouch(const SessionId& session) const;
  /// Ends all connections, and makes no new ones.
  void stop();

 private:
  struct Known {
    std::string endpoint;  ///< empty: it does not listen, or cannot be reached
    std::chrono::steady_clock::time_point until;
  };
  std::optional<Known> known(std::string_view object);
  std::string ask(std::string_view object, SteadyTime deadline);

  Bus& bus_;
  mutable std::mutex mutex_;
  std::map<std::string, Known, std::less<>> known_;
  std::map<std::string, std::shared_ptr<DirectLink>, std::less<>> links_;
  std::set<SessionId> sessions_;
  bool stopped_ = false;
};

}  // namespace rmi
