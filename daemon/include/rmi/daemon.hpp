// Serves objects of this process to the bus.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <rmi/annotations.hpp>
#include <rmi/broker_control.hpp>
#include <rmi/detail/object.hpp>
#include <rmi/limits.hpp>
#include <rmi/log.hpp>
#include <rmi/names.hpp>
#include <rmi/raw.hpp>
#include <rmi/uri.hpp>

namespace rmi {

/// How one object is served.
struct ServeOptions {
  /// Whether several calls of this object may run at once. By default they run one at a time,
  /// because few classes are safe to call from several threads.
  bool concurrent = false;
  /// What to do when the name is taken: refuse, take it over, or serve it together.
  NameMode mode = NameMode::safe;
  /// By which it can be found (`rmimeta:`); `interface:CLASS` is there by itself.
  std::set<std::string> tags{};
  /// With NameMode::shared: calls of one session always go to the same daemon.
  bool sticky = false;
  /// Whether the broker keeps the name on disk (`rmi-broker --store`). Calls to it then wait while
  /// neither this daemon nor its next start is there; unserve() ends the name, the end of the
  /// process does not. Not with NameMode::shared.
  bool durable = false;
  /// When the last daemon that serves the name goes, calls wait for so long at the broker, within
  /// their deadlines, for another one to take its place; an hour at most. 0: they fail at once.
  std::chrono::milliseconds hold{0};
  /// How many replies are kept for callers that did not get them (Proxy::retried()), of at most 16
  /// MiB together; the oldest make room. At least as many as calls may end while one of these
  /// connects again. 0: none, and such calls are refused. Not with NameMode::shared.
  std::size_t kept_replies = 0;
};

/// Makes the instances of a class that is not served as one object for all; see per_session() and
/// per_call(). Runs on a thread of the daemon, within the first call that needs the instance, so
/// that rmi::context() tells whose it is; what it throws goes to that caller.
template <class Class>
struct Instances {
  detail::InstanceMode mode;
  std::function<std::shared_ptr<Class>()> create;
};

/// An instance for each session of a caller: made at its first call, destroyed when it ends.
template <class Class>
Instances<Class> per_session(std::function<std::shared_ptr<Class>()> create = [] {
  return std::make_shared<Class>();
}) {
  return {detail::InstanceMode::per_session, std::move(create)};
}
/// An instance for each call. Calls overlap, since they share nothing.
template <class Class>
Instances<Class> per_call(std::function<std::shared_ptr<Class>()> create = [] {
  return std::make_shared<Class>();
}) {
  return {detail::InstanceMode::per_call, std::move(create)};
}

/// Hosts objects and runs their methods on a pool of threads, over one connection to the broker.
///
/// A served object can be called as soon as serve() has returned and the broker knows it; run()
/// only waits for the end. The daemon connects in the background and for as long as it lives: it
/// may be started before its broker, and registers its objects again when the broker was
/// restarted. Names are leased: they go within the lease when the process stops or hangs, at once
/// when it dies.
///
/// Thread safety: thread safe, except run().
/// Cost: one thread that sleeps, `threads` + 1 that start with the first call, one libzmq context
/// with its I/O thread, one socket.
class Daemon {
 public:
  struct Options {
    std::string broker{};  ///< "tcp://host:port" or "ipc://path"; empty means default_broker()
    /// Keys of this process and of the broker; see Bus::Options.
    std::string key_file{};
    std::string broker_key{};
    /// Methods that may run at once, over all objects. One that waits inside for another call does
    /// not count. 0: none but in process() and run(), on the thread that calls these.
    std::size_t threads = 4;
    /// Calls that may wait for a thread or for their object; more are refused as Overloaded.
    std::size_t max_waiting = 10000;
    /// How long draining waits for methods that still run.
    std::chrono::milliseconds grace{10000};
    /// Within what time a peer is found that is stopped, or cut off, and does not close its
    /// connection: 300 ms to 1 h. One that dies is found at once, whatever this says.
    std::chrono::milliseconds heartbeat{6000};
    /// Largest message to accept or to send, in bytes.
    std::size_t max_message = default_max_message;
    /// Of the calls that the daemon makes itself, over bus().
    std::chrono::milliseconds timeout{30000};
    /// References to objects of this process that others may hold; what a leak would fill.
    std::size_t max_references = 1'000'000;
    /// The same for one session of a caller: streams that it asks for and does not read.
    std::size_t max_references_per_session = 100'000;
    /// The same for all sessions of one principal: of one user over ipc, of one key or
    /// one machine over tcp.
    std::size_t max_references_per_principal = 500'000;
    /// Called before the first call of a session runs, with what the caller says of itself
    /// (Bus::Options::session_data). What it returns comes to the caller as notes, with the answer
    /// of that call. What it throws refuses the session: its calls fail with AccessDenied.
    std::function<Annotations(const SessionInfo& session, const Annotations& data)> on_session{};
    /// Called when a session ends that on_session let in. Must not throw.
    std::function<void(std::uint32_t session)> on_session_end{};
    /// Where the daemon listens itself, for callers that ask for Path::direct or Path::nearest;
    /// empty for nowhere. "unix://*" is the local lane, the fastest way between two processes of
    /// one user on one machine: a Unix socket in a private folder ($XDG_RUNTIME_DIR/rmibus, else
    /// /tmp/rmibus-UID). Over libzmq: "tcp://127.0.0.1:*" or "ipc://PATH", and only what this
    /// machine alone can reach.
    std::string listen{};
    std::string program{};  ///< how others see this process; empty means the program's file name
    LogSink log{};          ///< empty means default_log()
  };

  Daemon();
  explicit Daemon(std::string_view broker);
  /// @throws std::invalid_argument  a malformed endpoint, an option out of range, or keys that
  ///                                cannot be used.
  /// @throws std::runtime_error     it cannot listen there; the text says why and what to do.
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
  /// @throws Overloaded             the broker takes no more names, or its disk not this one.
  /// @throws BadArguments           it is durable, and the broker keeps nothing.
  /// @throws std::invalid_argument  a malformed or reserved name or tag, a null pointer, a hold out
  ///                                of range, kept replies of a shared name, or this daemon serves
  ///                                that name already.
  template <class Class>
  requires(!std::is_base_of_v<RawObject, Class>) Uri
      serve(std::string_view name, std::shared_ptr<Class> object, ServeOptions options = {}) {
    return serve_object(name, detail::describe<Class>(std::move(object)), std::move(options));
  }

  /// Serves an object under one name through several interfaces, which its class derives from or
  /// implements: `daemon.serve<Reader, Writer>("disk", disk)`. Their methods must have different
  /// names. @throws std::logic_error  two have the same; else as above.
  template <class First, class Second, class... More, class Class>
  Uri serve(std::string_view name, std::shared_ptr<Class> object, ServeOptions options = {}) {
    return serve_object(name, detail::describe_as<First, Second, More...>(std::move(object)),
                        std::move(options));
  }

  /// Serves a class with an instance for each session or call:
  /// `daemon.serve("cart", rmi::per_session<Cart>())`.
  template <class Class>
  Uri serve(std::string_view name, Instances<Class> instances, ServeOptions options = {}) {
    auto description = detail::describe<Class>(nullptr);
    description.mode = instances.mode;
    description.create = [create = std::move(instances.create)] {
      return std::static_pointer_cast<void>(create());
    };
    return serve_object(name, std::move(description), std::move(options));
  }

  /// Serves an object that takes its calls undecoded.
  Uri serve(std::string_view name, std::shared_ptr<RawObject> object, ServeOptions options = {}) {
    return serve_object(name, detail::describe_raw(std::move(object)), std::move(options));
  }
  template <class Raw>
  requires std::is_base_of_v<RawObject, Raw> Uri serve(std::string_view name,
                                                       std::shared_ptr<Raw> object,
                                                       ServeOptions options = {}) {
    return serve(name, std::shared_ptr<RawObject>(std::move(object)), std::move(options));
  }

  /// Takes the name back. Calls that run go on; calls that come later are refused.
  /// @return whether it was served.
  bool unserve(std::string_view name);

  /// Blocks until SIGINT, SIGTERM, `rmi-ns drain` or stop(), then drains: gives the names back,
  /// lets running and queued calls end within the grace time, answers new ones with Draining.
  /// Installs handlers for the two signals meanwhile. Tells a service manager that started the
  /// process that it is ready, alive and stopping (sd_notify). To be called on one thread.
  void run();
  /// Makes run() return. Returns at once; may be called from a method.
  void stop() noexcept;

  /// Whether the broker is there and knows all objects.
  bool registered() const;
  /// Blocks until registered(), or the time is over. @return registered()
  bool wait_registered(std::chrono::milliseconds longest);
  /// Endpoint of the broker.
  const std::string& broker() const noexcept;
  /// Where it listens itself, with the real port; empty if it does not.
  const std::string& direct_endpoint() const noexcept;
  /// Oneway calls of the daemon's objects that failed since it began; see Bus::oneway_errors().
  std::uint64_t oneway_errors() const noexcept;
  /// For calls to others over the daemon's own connection. Lifetime: the daemon's.
  Bus& bus() noexcept;

  // For programs with an event loop of their own, and Options::threads = 0; see Bus.
  int fd();
  std::size_t process();

 private:
  class Impl;
  Uri serve_object(std::string_view name, detail::ObjectDescription description,
                   ServeOptions options);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rmi
