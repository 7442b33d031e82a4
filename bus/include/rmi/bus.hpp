// One connection of this process to a broker, shared by all its proxies and threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <rmi/annotations.hpp>
#include <rmi/limits.hpp>
#include <rmi/log.hpp>
#include <rmi/path.hpp>

namespace rmi {

class Connection;
class DirectLinks;
class Host;

/// The broker that is used when none is named: $RMI_BROKER, else "tcp://127.0.0.1:7766".
std::string default_broker();

/// A connection to a broker. It connects in the background, connects again by itself for as long
/// as it lives, and greets a restarted broker; calls wait for it within their time.
///
/// Lifetime: must outlive the proxies that borrow it. Its destructor ends calls that still wait.
/// Thread safety: thread safe.
/// Cost: one thread that sleeps, one libzmq context with its I/O thread, one socket; the threads of
/// Options::threads and one for timers once they are needed.
class Bus {
 public:
  struct Options {
    std::string broker{};  ///< "tcp://host:port" or "ipc://path"; empty means default_broker()
    /// File with the keys of this program, as `rmi-keys new` writes it, for a broker that has keys;
    /// and that broker's public key, 40 characters. Both or none; where both are empty
    /// $RMI_KEY_FILE and $RMI_BROKER_KEY say. They are for connections over tcp to the broker; over
    /// ipc, and straight to a daemon, there are none.
    std::string key_file{};
    std::string broker_key{};
    /// Longest wait of a call from send to reply, queueing and connecting included; positive.
    std::chrono::milliseconds timeout{30000};
    /// Whether calls wait for a broker that is not there (true), or fail at once (false).
    bool wait_for_broker = true;
    /// Within what time a peer is found that is stopped, or cut off, and does not close its
    /// connection: 300 ms to 1 h. One that dies is found at once, whatever this says.
    std::chrono::milliseconds heartbeat{6000};
    /// Largest message to send or to accept, in bytes.
    std::size_t max_message = default_max_message;
    std::string program{};  ///< how others see this process; empty means the program's file name
    LogSink log{};          ///< empty means default_log()
    /// Threads that run continuations of futures, callbacks and objects that were passed by
    /// reference; they start when the first of these is there. 0: none, the program calls
    /// process().
    std::size_t threads = 2;
    /// Calls of this process's objects that may wait for a thread or for their object.
    std::size_t max_waiting = 10000;
    /// References to objects of this process that others may hold; what a leak would fill.
    std::size_t max_references = 1'000'000;
    /// The same for one session of a caller: streams that it asks for and does not read.
    std::size_t max_references_per_session = 100'000;
    /// The same for all sessions of one principal: of one user over ipc, of one key or
    /// one machine over tcp.
    std::size_t max_references_per_principal = 500'000;
    /// What daemons that ask for it get to know of this session (Daemon::Options::on_session).
    Annotations session_data{};
    /// Which way calls prefer, unless their proxy says otherwise.
    Path path = Path::brokered;
  };

  Bus();
  explicit Bus(std::string_view broker);
  /// @throws std::invalid_argument  a malformed endpoint, an option out of range, or keys that
  ///                                cannot be used; the text says why and what to do.
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

  /// Blocks until an object is served under that name. @throws TimeoutError, and as a call.
  void wait_for(std::string_view name, std::chrono::milliseconds longest);

  // For programs with an event loop of their own, and Options::threads = 0.

  /// A descriptor that becomes readable (POLLIN) when process() has something to do.
  /// Lifetime: the bus's. @throws std::logic_error  the bus has threads of its own.
  int fd();
  /// Runs what there is to do now, on the calling thread: continuations, callbacks, methods. Does
  /// not wait. One thread at a time. @return how many things it did. @throws as fd().
  std::size_t process();

  /// Calls of objects of this process that were begun and are not answered.
  std::size_t serving() const;
  /// Oneway calls of objects of this process that failed since it began: their methods threw, or
  /// they were refused, or their time was over before they ran. Each of them is logged, too; nobody
  /// else hears of it.
  std::uint64_t oneway_errors() const noexcept;

  // For the library itself.
  Connection& connection() const noexcept { return *connection_; }
  Host& host() const noexcept { return *host_; }
  DirectLinks& direct() const noexcept { return *direct_; }
  Path path() const noexcept { return path_; }

 private:
  friend class Daemon;
  struct Parts;
  explicit Bus(Parts parts);

  std::chrono::milliseconds timeout_;
  Path path_ = Path::brokered;
  bool own_threads_ = true;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<DirectLinks> direct_;
};

}  // namespace rmi
