// One connection of this process to a broker, shared by all its proxies and threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <rmi/limits.hpp>
#include <rmi/log.hpp>

namespace rmi {

class Connection;

/// The broker that is used when none is named: $RMI_BROKER, else "tcp://127.0.0.1:7766".
std::string default_broker();

/// A connection to a broker. It connects in the background, connects again by itself for as long
/// as it lives, and greets a restarted broker; calls wait for it within their time.
///
/// Lifetime: must outlive the proxies that borrow it. Its destructor ends calls that still wait.
/// Thread safety: thread safe.
/// Cost: one thread that sleeps, one libzmq context with its I/O thread, one socket.
class Bus {
 public:
  struct Options {
    std::string broker{};  ///< "tcp://host:port" or "ipc://path"; empty means default_broker()
    /// Longest wait of a call from send to reply, queueing and connecting included; positive.
    std::chrono::milliseconds timeout{30000};
    /// Whether calls wait for a broker that is not there (true), or fail at once (false).
    bool wait_for_broker = true;
    /// Largest message to send or to accept, in bytes.
    std::size_t max_message = default_max_message;
    std::string program{};  ///< how others see this process; empty means the program's file name
    LogSink log{};          ///< empty means stderr_log(log_level_from_environment())
  };

  Bus();
  explicit Bus(std::string_view broker);
  /// @throws std::invalid_argument  a malformed endpoint or a timeout that is not positive.
  explicit Bus(Options options);
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  /// Endpoint of the broker.
  const std::string& broker() const noexcept;
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }

  /// Whether there is a session with the broker at this moment.
  bool connected() const noexcept;
  /// Blocks until there is a session, the first attempt has failed, or the time is over.
  /// @return connected()
  bool wait_connected(std::chrono::milliseconds longest);

  /// For the library itself.
  Connection& connection() const noexcept { return *connection_; }

 private:
  std::chrono::milliseconds timeout_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace rmi
