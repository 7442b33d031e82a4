// A broker inside this process.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <rmi/limits.hpp>
#include <rmi/log.hpp>

namespace rmi {

/// The same broker as the program `rmi-broker`, for tests and for programs that want no second
/// process. Several can live in one process; they share nothing. It keeps no durable names: those
/// need `rmi-broker --store`.
///
/// Thread safety: thread safe.
/// Cost: for each lane two threads, with keys a third, one libzmq context with its I/O thread, a
/// few sockets.
class EmbeddedBroker {
 public:
  struct Options {
    /// Where to listen: "tcp://HOST:PORT" with `*` for a free port, or "ipc://PATH".
    std::vector<std::string> endpoints{"tcp://127.0.0.1:*"};
    /// Allows endpoints that other machines can reach. Whoever reaches a broker may call
    /// everything.
    bool insecure = false;
    /// File with the broker's own keys, as `rmi-keys new` writes it, and file of the keys that may
    /// connect over tcp, a line `PUBLIC-KEY NAME` for each: see `rmi-broker --authorized`. Both or
    /// none. Endpoints that other machines can reach are allowed then.
    std::string key_file{};
    std::string authorized_file{};
    /// Routing threads, 1 to 64: see `rmi-broker --lanes`.
    std::size_t lanes = 1;
    /// How long names live when their daemon does not renew them; 100 ms to 24 h.
    std::chrono::milliseconds lease{6000};
    /// Largest message in bytes; at least 1024.
    std::size_t max_message = default_max_message;
    /// Other limits, as `rmi-broker --limit` sets them: "calls-per-session=1000".
    std::vector<std::string> limits{};
    LogSink log;  ///< rate limited; empty means what default_log() writes to
  };

  /// Listens from now on.
  /// @throws std::invalid_argument  no endpoint, a malformed one (UriError), one that needs
  ///                                `insecure`, an option out of range, or files of keys that
  ///                                cannot be used.
  /// @throws std::runtime_error     the system refuses an endpoint, e.g. because another program
  ///                                listens there; the text says why and what to do.
  EmbeddedBroker();
  explicit EmbeddedBroker(Options options);
  /// Stops.
  ~EmbeddedBroker();
  EmbeddedBroker(const EmbeddedBroker&) = delete;
  EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

  /// The first endpoint, with its real port: what Bus and Daemon connect to.
  const std::string& endpoint() const noexcept;
  /// All of them, in the order of the options.
  const std::vector<std::string>& endpoints() const noexcept;

  /// Ends all calls that are in flight with ConnectionLost and closes. Blocks until that is done,
  /// at most about a second; later calls do nothing.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rmi
