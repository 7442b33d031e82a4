// A whole broker: its lanes, of which most have one, and its own objects.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rmi/log.hpp>

#include "ns/builtin_objects.hpp"
#include "ns/lane.hpp"
#include "ns/lane_news.hpp"
#include "ns/limits.hpp"
#include "ns/log_queue.hpp"
#include "ns/mirror.hpp"

namespace rmi::ns {

/// The first lane is a broker by itself. Further ones take calls off it: each carries those of the
/// names that fall to it, which the first one tells it about, on a thread and a socket of its own.
/// Thread safety: thread safe.
class Broker {
 public:
  struct Options {
    std::vector<std::string> endpoints;
    bool insecure = false;
    std::string key_file{};         ///< the broker's own keys; empty for none
    std::string authorized_file{};  ///< whose keys may connect over tcp; goes with the former
    std::size_t lanes = 1;          ///< routing threads; 1 to 64
    std::chrono::milliseconds lease{6000};
    /// How long calls in flight may take when it drains.
    std::chrono::milliseconds grace{10'000};
    /// Whether callers may make it drain (BrokerControl::drain); not if it is part of a program.
    bool drains_on_request = false;
    /// Called on each turn of the first lane's loop. @return when it wants to be called again at
    /// the latest; nothing for whenever.
    std::function<std::optional<std::chrono::milliseconds>(Time now)> on_turn{};
    /// Called once, by a routing thread: it begins to drain.
    std::function<void()> on_drain{};
    /// Called once, by the last routing thread as its last act: all have drained, or were stopped.
    std::function<void()> on_end{};
    Limits limits{};  ///< those of calls hold in each lane by itself
    LogSink log{};
    std::shared_ptr<NameStore> store{};  ///< keeps durable names; null for none
  };

  /// Listens and routes from now on.
  /// @throws std::invalid_argument  a malformed endpoint, none, one that needs `insecure`, a
  ///                                number of lanes, lease or grace time out of range, or files of
  ///                                keys that cannot be used.
  /// @throws std::runtime_error     the system refuses an endpoint; the text says why.
  explicit Broker(Options options);
  /// Stops.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Where the first lane listens, with real ports. The others do where lane_endpoint() says.
  const std::vector<std::string>& endpoints() const noexcept { return endpoints_; }
  /// Begins an orderly end, and returns at once: new calls are refused as Draining, so that buses
  /// make them again; those in flight may end within the grace time; then it closes. on_end tells.
  void drain();
  /// Ends all calls with an error, gives the answers a second to leave, and closes. Blocks until
  /// that is done.
  void stop();

 private:
  struct Further;
  Lane::Options lane_options(const LogSink& log) const;
  std::unique_ptr<Lane> make_first(LaneSocket socket);
  std::unique_ptr<Further> make_further(LaneSocket socket);
  void tell_further(ControlMessage::What what);
  void begin_drain();
  void let_leave();
  void note_end();
  ControlObject::Facts facts(Time start);
  bool pass_on(std::uint32_t session, Frame& frame);

  const Options options_;
  std::optional<LogQueue> log_queue_;
  const LogSink log_;
  const std::uint64_t epoch_;
  std::vector<std::string> endpoints_;
  std::unique_ptr<Lane> first_;
  std::vector<std::unique_ptr<Further>> further_;
  std::optional<LaneNews> news_;  ///< of several lanes
  std::optional<BuiltinObjects> builtins_;
  std::atomic<bool> leaving_{false};             ///< the first lane, which others wait for
  std::atomic<std::size_t> running_{0};          ///< lanes whose threads have not ended
  std::atomic<std::size_t> bytes_passed_on_{0};  ///< that the first lane has not taken yet
  std::mutex stop_mutex_;
};

}  // namespace rmi::ns
