// Bus: options in, a connection out.
#include <rmi/bus.hpp>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <utility>

#include <rmi/detail/invoke.hpp>

#include "bus/bus_parts.hpp"
#include "bus/connection.hpp"
#include "bus/control.hpp"
#include "bus/direct.hpp"
#include "bus/host.hpp"
#include "bus/identity.hpp"
#include "bus/keys.hpp"

namespace rmi {
namespace {

std::chrono::milliseconds positive(std::chrono::milliseconds timeout) {
  if (timeout <= std::chrono::milliseconds::zero())
    throw std::invalid_argument("the timeout of a Bus must be positive, got " +
                                std::to_string(timeout.count()) + " ms");
  return timeout;
}

std::chrono::milliseconds checked_heartbeat(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds least{300};
  constexpr std::chrono::hours most{1};
  if (time < least || time > most)
    throw std::invalid_argument("the heartbeat is " + std::to_string(time.count()) +
                                " ms; expected 300 ms to 1 h");
  return time;
}

/// Over ipc the system knows who connects.
std::shared_ptr<const LinkKeys> keys_of(const Bus::Options& options) {
  if (!options.broker.starts_with("tcp://")) return nullptr;
  return link_keys(options.key_file, options.broker_key);
}

Connection::Options connection_options(const Bus::Options& options) {
  return {.endpoint = options.broker,
          .program = options.program,
          .max_message = options.max_message,
          .heartbeat = checked_heartbeat(options.heartbeat),
          .keys = keys_of(options),
          .wait_for_broker = options.wait_for_broker,
          .log = options.log};
}

Bus::Options complete(Bus::Options options) {
  positive(options.timeout);
  if (options.broker.empty()) options.broker = default_broker();
  if (options.program.empty()) options.program = program_name();
  if (!options.log) options.log = default_log();
  return options;
}

void require_foreign_loop(bool own_threads) {
  if (own_threads)
    throw std::logic_error(
        "this bus has threads of its own: fd() and process() are for Options::threads = 0");
}

}  // namespace

std::string default_broker() {
  const char* named = std::getenv("RMI_BROKER");
  return named != nullptr && *named != '\0' ? named : "tcp://127.0.0.1:7766";
}

Bus::Bus() : Bus(Options{}) {}

Bus::Bus(std::string_view broker)
    : Bus([&] {
        Options options;
        options.broker = broker;
        return options;
      }()) {}

Bus::Bus(Options options)
    : Bus(Parts{.options = complete(std::move(options)), .hooks = {}, .ready = {}, .tick = {}}) {}

Bus::Bus(Parts parts)
    : timeout_(parts.options.timeout),
      path_(parts.options.path),
      own_threads_(parts.options.threads != 0) {
  // The connection starts at once and knows its host only later: it waits for it here.
  const auto host = std::make_shared<std::promise<Host*>>();
  const std::shared_future<Host*> built = host->get_future().share();
  connection_ = std::make_unique<Connection>(
      connection_options(parts.options),
      ConnectionEvents{
          .welcome =
              [built](const Welcome& welcome) {
                built.get()->on_welcome(welcome);
                built.get()->bus().direct().on_welcome(welcome);
              },
          .ready = std::move(parts.ready),
          .tick =
              [built, tick = std::move(parts.tick)](SteadyTime now) {
                const SteadyTime next = built.get()->expire(now);
                return tick ? std::min(next, tick(now)) : next;
              },
          .need_workers = [built] { built.get()->start_workers(); },
          .unclaimed = [built](const Frame& answer) { built.get()->log_refused_oneway(answer); }});
  try {
    host_ = std::make_unique<Host>(
        *this, *connection_,
        Host::Options{.threads = parts.options.threads,
                      .max_waiting = parts.options.max_waiting,
                      .max_references = parts.options.max_references,
                      .max_references_per_session = parts.options.max_references_per_session,
                      .max_references_per_principal = parts.options.max_references_per_principal,
                      .max_message = parts.options.max_message,
                      .program = parts.options.program,
                      .session_data = parts.options.session_data,
                      .hooks = std::move(parts.hooks),
                      .on_drain = std::move(parts.on_drain),
                      .log = parts.options.log});
  } catch (...) {
    host->set_exception(std::current_exception());
    throw;
  }
  direct_ = std::make_unique<DirectLinks>(*this, own_threads_);
  host->set_value(host_.get());
  if (!own_threads_) connection_->work_fd();
}

Bus::~Bus() {
  direct_->stop();
  host_->local_returns()->close();
  connection_->stop();
  host_->stop();  // before it is gone from here: methods that still run may call
  host_.reset();
}

const std::string& Bus::broker() const noexcept {
  return connection_->options().endpoint;
}

bool Bus::connected() const noexcept {
  return connection_->ready();
}

bool Bus::wait_connected(std::chrono::milliseconds longest) {
  return connection_->wait_until_resolved(std::chrono::steady_clock::now() + longest);
}

void Bus::wait_for(std::string_view name, std::chrono::milliseconds longest) {
  detail::wait_for_name(detail::target_of(*this, name), longest);
}

std::size_t Bus::serving() const {
  return host_->running();
}

std::uint64_t Bus::oneway_errors() const noexcept {
  return host_->counters().oneway_errors;
}

int Bus::fd() {
  require_foreign_loop(own_threads_);
  return connection_->work_fd();
}

std::size_t Bus::process() {
  require_foreign_loop(own_threads_);
  return host_->process();
}

}  // namespace rmi
