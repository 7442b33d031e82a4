// Serving names, and the end.
#include "daemon/service.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "bus/bus_parts.hpp"
#include "bus/direct.hpp"
#include "bus/identity.hpp"
#include "bus/local_calls.hpp"
#include "bus/name_rules.hpp"
#include "daemon/stop_signal.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// What brokers take.
constexpr std::chrono::milliseconds longest_hold = 1h;
// For lanes of the broker that do not answer. Calls go over the first one then.
constexpr auto lane_patience = 2s;

Daemon::Options complete(Daemon::Options options) {
  if (options.broker.empty()) options.broker = default_broker();
  if (options.program.empty()) options.program = program_name();
  if (!options.log) options.log = default_log();
  return options;
}

Bus::Options bus_options(const Daemon::Options& options) {
  Bus::Options bus;
  bus.broker = options.broker;
  bus.key_file = options.key_file;
  bus.broker_key = options.broker_key;
  bus.timeout = options.timeout;
  bus.max_message = options.max_message;
  bus.heartbeat = options.heartbeat;
  bus.program = options.program;
  bus.log = options.log;
  bus.threads = options.threads;
  bus.max_waiting = options.max_waiting;
  bus.max_references = options.max_references;
  bus.max_references_per_session = options.max_references_per_session;
  bus.max_references_per_principal = options.max_references_per_principal;
  return bus;
}

}  // namespace

Daemon::Impl::Impl(Options options) : options_(complete(std::move(options))) {
  bus_.reset(new Bus(Bus::Parts{
      .options = bus_options(options_),
      .hooks = {.on_session = options_.on_session, .on_session_end = options_.on_session_end},
      .on_drain = [this](Host& host, const std::string& object) { on_drain(host, object); },
      .ready =
          [this](const Welcome& welcome) {
            renewal_ = std::chrono::milliseconds(welcome.renew_ms);
            next_renewal_ = steady_clock::now() + renewal_;
            Registrar* registrar = registrar_ready_;
            if (registrar == nullptr) return;
            links_->open_lanes(steady_clock::now() + lane_patience);
            registrar->enter_all();
          },
      .tick = [this](SteadyTime now) { return tick(now); }}));
  links_ = &bus_->direct();
  registrar_.emplace(bus_->connection(), options_.log);
  registrar_ready_ = &*registrar_;
  if (!options_.listen.empty()) {
    listener_ = std::make_shared<Listener>(bus_->host(), options_.listen, options_.max_message,
                                           options_.log);
    direct_endpoint_ = listener_->endpoint();
    listener_->start();
  }
  LocalHosts::of_process().add(bus_->host());
}

Daemon::Impl::~Impl() {
  drain();
  LocalHosts::of_process().remove(bus_->host());
  if (listener_) listener_->stop();
  bus_.reset();  // before what its connection's thread uses
}

Uri Daemon::Impl::serve(std::string_view name, detail::ObjectDescription description,
                        ServeOptions options) {
  if (const auto fault = name_fault(name)) throw std::invalid_argument(*fault);
  if (!is_plain(name))
    throw std::invalid_argument(fmt::format("cannot serve '{}': the name is reserved", name));
  if (description.mode == detail::InstanceMode::single && !description.instance)
    throw std::invalid_argument(
        fmt::format("cannot serve '{}': the object is a null pointer", name));
  if (options.hold < 0ms || options.hold > longest_hold)
    throw std::invalid_argument(
        fmt::format("cannot serve '{}': the name is to be held for {} ms; expected 0 to {}", name,
                    options.hold.count(), longest_hold.count()));
  if (options.kept_replies != 0 && options.mode == NameMode::shared)
    throw std::invalid_argument(
        fmt::format("cannot serve '{}': kept_replies goes without NameMode::shared, because "
                    "another daemon may have run the call that comes again",
                    name));
  description.kept_replies = options.kept_replies;
  std::set<std::string> tags = std::move(options.tags);
  for (const auto& interface : description.described.interfaces)
    if (const std::string tag = "interface:" + interface; tag.size() <= 255) tags.insert(tag);
  Host& host = bus_->host();
  const auto object = host.serve(name, std::move(description), options.concurrent);
  bus_->connection().wait_until_resolved(steady_clock::now() + 5s);
  bus_->direct().open_lanes(steady_clock::now() + lane_patience);
  try {
    registrar_->add({.name = std::string(name),
                     .object_id = {},
                     .tags = std::move(tags),
                     .interface = object->interface(),
                     .interface_hash = object->interface_hash(),
                     .mode = options.mode,
                     .target = {},
                     .sticky = options.sticky,
                     .direct = direct_endpoint_,
                     .durable = options.durable,
                     .hold = options.hold});
  } catch (...) {
    host.unserve(name);
    throw;
  }
  return Uri::for_name(name, Endpoint::parse(bus_->broker()));
}

bool Daemon::Impl::unserve(std::string_view name) {
  const bool known = registrar_->remove(name);
  bus_->host().unserve(name);
  return known;
}

/// On the connection's thread: renews the leases.
SteadyTime Daemon::Impl::tick(SteadyTime now) {
  if (Registrar* registrar = registrar_ready_; registrar != nullptr && now >= next_renewal_) {
    next_renewal_ = now + renewal_;
    registrar->renew();
  }
  return next_renewal_;
}

void Daemon::Impl::stop() noexcept {
  stop_.ring();
}

void Daemon::Impl::run() {
  const StopSignal signal;
  const bool foreign = options_.threads == 0;
  std::array<pollfd, 3> fds{
      {{stop_.fd(), POLLIN, 0}, {signal.fd(), POLLIN, 0}, {foreign ? bus_->fd() : -1, POLLIN, 0}}};
  ServiceManager manager;
  manager.tell("READY=1");
  for (;;) {
    const auto feed_in = manager.feed_watchdog(steady_clock::now());
    const int longest = feed_in ? static_cast<int>(feed_in->count()) : -1;
    if (poll(fds.data(), fds.size(), longest) < 0 && errno == EINTR) continue;
    if (fds[0].revents != 0 || fds[1].revents != 0) break;
    if (foreign) bus_->process();
  }
  manager.tell("STOPPING=1");
  drain();
}

/// On a worker's thread: the broker passes on what somebody asks for.
void Daemon::Impl::on_drain(Host& host, const std::string& object) {
  options_.log({LogLevel::info, "drain-asked",
                object.empty() ? "told to drain" : "told to drain " + object});
  if (!object.empty()) {
    registrar_->release(object);
    host.unserve(object);
    return;
  }
  registrar_->release_all();  // also where nobody waits in run()
  stop();
}

/// After release_all() every call that the broker had handed over has been received, but for those
/// that its further lanes had.
void Daemon::Impl::drain() {
  registrar_->release_all();
  bus_->direct().settle_lanes(steady_clock::now() + lane_patience);
  Host& host = bus_->host();
  host.refuse_detours();
  const auto end = steady_clock::now() + options_.grace;
  if (options_.threads == 0)
    while (steady_clock::now() < end && !host.wait_idle(steady_clock::now()))
      host.process();
  std::string unfinished;
  if (!host.wait_idle(end)) unfinished = host.unfinished(steady_clock::now());
  host.drain();
  if (listener_ && !std::exchange(said_goodbye_, true))
    listener_->say_goodbye(steady_clock::now() + 1s);
  if (!unfinished.empty())
    options_.log(
        {LogLevel::warning, "grace-over",
         fmt::format("the grace time of {} ms is over: {}", options_.grace.count(), unfinished)});
}

}  // namespace rmi
