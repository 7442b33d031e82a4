// What the lanes of a broker have to do with each other.
#include "ns/broker.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "bus/broker_lanes.hpp"
#include "bus/identity.hpp"
#include "bus/random.hpp"
#include "ns/lane_sockets.hpp"
#include "ns/version.hpp"

namespace rmi::ns {
namespace {

using std::chrono::milliseconds;

Time clock_now() noexcept {
  return std::chrono::steady_clock::now();
}

Broker::Options checked(Broker::Options options) {
  if (options.endpoints.empty())
    throw std::invalid_argument("a broker needs an endpoint to listen at, e.g. tcp://127.0.0.1:*");
  if (options.lanes < 1 || options.lanes > most_broker_lanes)
    throw std::invalid_argument(
        fmt::format("{} lanes are not possible; expected 1 to {}, one for each core that routing "
                    "may take",
                    options.lanes, most_broker_lanes));
  if (options.lease < milliseconds(100) || options.lease > std::chrono::hours(24))
    throw std::invalid_argument(
        fmt::format("the lease is {} ms; expected 100 ms to 24 h", options.lease.count()));
  if (options.grace < milliseconds(0) || options.grace > std::chrono::hours(24))
    throw std::invalid_argument(
        fmt::format("the grace time is {} ms; expected 0 to 24 h", options.grace.count()));
  if (options.limits.max_message < 1024)  // room for a header and an error
    throw std::invalid_argument(fmt::format(
        "the largest message is {} bytes; expected 1024 at least", options.limits.max_message));
  return options;
}

std::shared_ptr<const BrokerKeys> read_broker_keys(const Broker::Options& options,
                                                   const LogSink& log) {
  if (options.key_file.empty() && options.authorized_file.empty()) return nullptr;
  if (options.authorized_file.empty())
    throw std::invalid_argument(
        "a broker with keys needs a file of those that may connect (--authorized FILE), with a "
        "line `PUBLIC-KEY NAME` for each");
  if (options.key_file.empty())
    throw std::invalid_argument(
        "authorized keys need keys of the broker's own (--key FILE); `rmi-keys new FILE` makes "
        "them");
  return std::make_shared<const BrokerKeys>(BrokerKeys{
      read_keys(options.key_file), std::make_shared<AuthorizedKeys>(options.authorized_file, log)});
}

RouterSocket::Options socket_options(const Broker::Options& options, const LogSink& log) {
  RouterSocket::Options socket;
  for (const auto& endpoint : options.endpoints)
    socket.endpoints.push_back(Endpoint::parse_listen(endpoint));
  socket.insecure = options.insecure;
  socket.keys = read_broker_keys(options, log);
  socket.max_message = options.limits.max_message;
  // Larger than any number of answers that a caller can wait for, so that none is refused.
  socket.queue = std::max(options.limits.calls_per_session, options.limits.calls_per_daemon) + 1024;
  return socket;
}

/// The first lane has said it already.
LogSink as_debug(const LogSink& log) {
  if (!log) return {};
  return [log](const LogLine& line) {
    LogLine quiet = line;
    if (quiet.level == LogLevel::info) quiet.level = LogLevel::debug;
    log(quiet);
  };
}

}  // namespace

/// A lane but the first, and what it knows of that.
struct Broker::Further {
  Further(LaneSocket socket, Lane::Options options, Mirror::PassOn pass_on)
      : lane(std::move(socket), std::move(options), clock_now()),
        mirror(lane.registry(), lane.routing(), std::move(pass_on)) {}
  Lane lane;
  Mirror mirror;
  std::atomic<bool> at_work{true};  ///< of interest when it drains
};

Broker::Broker(Options options)
    : options_(checked(std::move(options))),
      log_(options_.log ? log_queue_.emplace(options_.log).sink() : LogSink()),
      epoch_(random_number()) {
  auto sockets = open_lane_sockets(socket_options(options_, log_), options_.lanes);
  endpoints_ = sockets.front().router->endpoints();
  first_ = make_first(std::move(sockets.front()));
  std::vector<Follower> followers;
  for (std::size_t at = 1; at < sockets.size(); ++at) {
    auto& further = *further_.emplace_back(make_further(std::move(sockets[at])));
    followers.push_back({&further.lane, &further.mirror});
  }
  Routing& routing = first_->routing();
  if (!followers.empty()) {
    news_.emplace(std::move(followers), first_->registry(), routing);
    routing.join({.followers = &*news_, .at_work = [this] {
                    return std::ranges::any_of(
                        further_, [](const auto& lane) { return lane->at_work.load(); });
                  }});
    if (log_)
      log_({LogLevel::info, "lanes-listening",
            fmt::format("this broker has {} lanes; the last one listens at {}", options_.lanes,
                        lane_endpoint(endpoints_.front(),
                                      static_cast<std::uint32_t>(options_.lanes - 1)))});
  }
  builtins_.emplace(first_->registry(), routing, facts(clock_now()), options_.limits, log_,
                    options_.store.get());
  routing.serve(*builtins_);
  try {
    if (options_.store)
      options_.store->start([this] { first_->tell(ControlMessage::What::stored); });
    running_ = options_.lanes;
    for (const auto& further : further_)
      further->lane.start();
    first_->start();
  } catch (...) {
    if (options_.store) options_.store->stop();
    throw;
  }
}

Broker::~Broker() {
  stop();
}

Lane::Options Broker::lane_options(const LogSink& log) const {
  Lane::Options options;
  options.routing = {.limits = options_.limits,
                     .version = std::string(version),
                     .epoch = epoch_,
                     .grace = options_.grace,
                     .lanes = static_cast<std::uint32_t>(options_.lanes),
                     .log = log};
  options.lease = options_.lease;
  return options;
}

std::unique_ptr<Lane> Broker::make_first(LaneSocket socket) {
  Lane::Options options = lane_options(log_);
  options.on_turn = [this](Time now) {
    if (first_->routing().leaving()) let_leave();
    return options_.on_turn ? options_.on_turn(now) : std::nullopt;
  };
  options.on_drain = [this] { begin_drain(); };
  options.on_stop = [this] {
    let_leave();
    if (options_.store) options_.store->stop();  // whoever waits for the disk still gets an answer
  };
  options.on_end = [this] { note_end(); };
  return std::make_unique<Lane>(std::move(socket), std::move(options), clock_now());
}

std::unique_ptr<Broker::Further> Broker::make_further(LaneSocket socket) {
  const auto self = std::make_shared<Further*>(nullptr);
  Lane::Options options = lane_options(as_debug(log_));
  options.on_turn = [this, self](Time) -> std::optional<milliseconds> {
    const Routing& routing = (*self)->lane.routing();
    if (!routing.draining()) return std::nullopt;
    const bool at_work = routing.at_work();
    if ((*self)->at_work.exchange(at_work) && !at_work) first_->tell(ControlMessage::What::posted);
    return std::nullopt;
  };
  options.on_end = [this] { note_end(); };
  auto further = std::make_unique<Further>(
      std::move(socket), std::move(options),
      [this](std::uint32_t session, Frame& frame) { return pass_on(session, frame); });
  *self = further.get();
  further->lane.routing().join(
      {.first = &further->mirror, .at_work = [this] { return !leaving_; }});
  return further;
}

ControlObject::Facts Broker::facts(Time start) {
  ControlObject::Facts facts{
      .version = std::string(version),
      .process = process_label(program_name(), process_id()) + " on " + host_name(),
      .epoch = epoch_,
      .endpoints = endpoints_,
      .start = start,
      .drains_on_request = options_.drains_on_request,
      .log_lines_left_out = [this] { return log_queue_ ? log_queue_->left_out() : 0; },
      .visit_others = {}};
  if (!further_.empty())
    facts.visit_others = [this](const VisitLane& visit) {
      for (const auto& further : further_)
        further->lane.ask([&](Time) {
          visit(further->lane.routing(), further->lane.registry(), further->mirror);
        });
    };
  return facts;
}

/// From a further lane's thread. What is on its way fits where calls that wait for a name do.
bool Broker::pass_on(std::uint32_t session, Frame& frame) {
  const auto size = frame.size();
  if (bytes_passed_on_ + size > options_.limits.waiting_bytes) return false;
  bytes_passed_on_ += size;
  frame.keep();
  first_->post([this, session, size, passed = std::make_shared<Frame>(std::move(frame))](Time now) {
    bytes_passed_on_ -= size;
    first_->routing().take_over(session, std::move(*passed), now);
  });
  return true;
}

void Broker::tell_further(ControlMessage::What what) {
  for (const auto& further : further_)
    further->lane.tell(what);
}

/// All lanes do it together: what one has in flight may need the others.
void Broker::begin_drain() {
  tell_further(ControlMessage::What::drain);
  if (options_.on_drain) options_.on_drain();
}

/// No lane has work: they take their leave when the first one does.
void Broker::let_leave() {
  if (!leaving_.exchange(true)) tell_further(ControlMessage::What::posted);
}

void Broker::note_end() {
  if (--running_ == 0 && options_.on_end) options_.on_end();
}

void Broker::drain() {
  const std::lock_guard lock(stop_mutex_);
  first_->tell(ControlMessage::What::drain);
}

void Broker::stop() {
  const std::lock_guard lock(stop_mutex_);
  first_->stop();  // it may ask the others
  for (const auto& further : further_)
    further->lane.stop();
}

}  // namespace rmi::ns
