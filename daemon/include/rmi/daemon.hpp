// Serves objects of this process to the bus.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <rmi/detail/object.hpp>
#include <rmi/limits.hpp>
#include <rmi/log.hpp>
#include <rmi/names.hpp>
#include <rmi/uri.hpp>

namespace rmi {

/// How one object is served.
struct ServeOptions {
  /// Whether several calls of this object may run at once. By default they run one at a time,
  /// because few classes are safe to call from several threads.
  bool concurrent = false;
  /// What to do when the name is taken: refuse, take it over, or serve it together.
  NameMode mode = NameMode::safe;
  std::set<std::string> tags{};
};

/// Hosts objects and runs their methods on a pool of threads, over one connection to the broker.
///
/// A served object can be called as soon as serve() has returned and the broker knows it; run()
/// only waits for the end. The daemon connects in the background and for as long as it lives: it
/// may be started before its broker, and registers its objects again when the broker was
/// restarted. Names are leased: they go within the lease when the process stops or hangs, at once
/// when it dies.
///
/// Thread safety: thread safe, except run().
/// Cost: `threads` + 2 threads, one libzmq context with its I/O thread, one socket.
class Daemon {
 public:
  struct Options {
    std::string broker{};  ///< "tcp://host:port" or "ipc://path"; empty means default_broker()
    /// Methods that may run at once, over all objects; at least 1.
    std::size_t threads = 4;
    /// Calls that may wait for a thread or for their object; more are refused as Overloaded.
    std::size_t max_waiting = 10000;
    /// How long draining waits for methods that still run.
    std::chrono::milliseconds grace{10000};
    /// Largest message to accept or to send, in bytes.
    std::size_t max_message = default_max_message;
    std::string program{};  ///< how others see this process; empty means the program's file name
    LogSink log{};          ///< empty means stderr_log(log_level_from_environment())
  };

  Daemon();
  explicit Daemon(std::string_view broker);
  /// @throws std::invalid_argument  a malformed endpoint, or an option out of range.
  explicit Daemon(Options options);
  /// Drains, as run() does at its end.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Serves an object under a name. If the broker is there, the name is registered when this
  /// returns; if it is not, that happens as soon as it comes.
  /// @tparam Class  the class that RMI_INTERFACE names: needed when the object's class derives
  ///                from it.
  /// @return the URI to call it by, `rminame:NAME@ENDPOINT`.
  /// @throws NameTaken              somebody else serves the name, and the mode is `safe`.
  /// @throws Overloaded             the broker takes no more names.
  /// @throws std::invalid_argument  a malformed or reserved name or tag, a null pointer, or this
  ///                                daemon serves that name already.
  template <class Class>
  Uri serve(std::string_view name, std::shared_ptr<Class> object, ServeOptions options = {}) {
    return serve_object(name, detail::describe<Class>(std::move(object)), std::move(options));
  }

  /// Takes the name back. Calls that run go on; calls that come later are refused.
  /// @return whether it was served.
  bool unserve(std::string_view name);

  /// Blocks until SIGINT, SIGTERM or stop(), then drains: gives the names back, lets running and
  /// queued calls end within the grace time, answers new ones with Draining. Installs handlers for
  /// the two signals meanwhile. To be called on one thread.
  void run();
  /// Makes run() return. Returns at once; may be called from a method.
  void stop() noexcept;

  /// Whether the broker is there and knows all objects.
  bool registered() const;
  /// Blocks until registered(), or the time is over. @return registered()
  bool wait_registered(std::chrono::milliseconds longest);
  /// Endpoint of the broker.
  const std::string& broker() const noexcept;

 private:
  class Impl;
  Uri serve_object(std::string_view name, detail::ObjectDescription description,
                   ServeOptions options);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rmi
