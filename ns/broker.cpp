// The loop around the routing core.
#include "ns/broker.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "bus/identity.hpp"
#include "bus/wire.hpp"
#include "ns/random.hpp"
#include "ns/version.hpp"

namespace rmi::ns {
namespace {

using std::chrono::milliseconds;

// Frames to take before timers get their turn.
constexpr int batch = 256;

// How often to say that connections cannot be accepted.
constexpr auto warning_pause = std::chrono::seconds(10);

Time clock_now() noexcept {
  return std::chrono::steady_clock::now();
}

Broker::Options checked(Broker::Options options) {
  if (options.endpoints.empty())
    throw std::invalid_argument("a broker needs an endpoint to listen at, e.g. tcp://127.0.0.1:*");
  if (options.lease < milliseconds(100) || options.lease > std::chrono::hours(24))
    throw std::invalid_argument(
        fmt::format("the lease is {} ms; expected 100 ms to 24 h", options.lease.count()));
  if (options.limits.max_message < 1024)  // room for a header and an error
    throw std::invalid_argument(fmt::format(
        "the largest message is {} bytes; expected 1024 at least", options.limits.max_message));
  return options;
}

RouterSocket::Options socket_options(const Broker::Options& options) {
  RouterSocket::Options socket;
  for (const auto& endpoint : options.endpoints)
    socket.endpoints.push_back(Endpoint::parse_listen(endpoint));
  socket.insecure = options.insecure;
  socket.max_message = options.limits.max_message;
  // Larger than any number of answers that a caller can wait for, so that none is refused.
  socket.queue =
      std::max(options.limits.in_flight_per_caller, options.limits.in_flight_per_daemon) + 1024;
  return socket;
}

}  // namespace

Broker::Broker(Options options)
    : options_(checked(std::move(options))),
      log_(options_.log ? log_queue_.emplace(options_.log).sink() : LogSink()),
      epoch_(random_number()),
      router_(std::make_unique<RouterSocket>(context_, socket_options(options_))),
      endpoints_(router_->endpoints()),
      line_(context_, *router_, 's'),
      registry_(options_.limits.registry, options_.lease, epoch_ & 0xffffffff00000000U),
      routing_(*router_, registry_,
               {.limits = options_.limits,
                .version = std::string(version),
                .epoch = epoch_,
                .log = log_},
               clock_now()),
      builtins_(registry_, routing_, facts(clock_now()), options_.limits.max_message, log_) {
  routing_.serve(builtins_);
  monitor_.emplace(context_, *router_);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    router_.reset();  // before the monitor, which waits for that
    throw;
  }
}

Broker::~Broker() {
  stop();
}

ControlObject::Facts Broker::facts(Time start) const {
  return {.version = std::string(version),
          .process = process_label(program_name(), process_id()) + " on " + host_name(),
          .epoch = epoch_,
          .endpoints = endpoints_,
          .start = start};
}

void Broker::stop() {
  const std::lock_guard lock(stop_mutex_);
  if (!thread_.joinable()) return;
  while (!line_.send({.what = ControlMessage::What::stop}))
    std::this_thread::yield();
  thread_.join();
}

void Broker::run() {
  while (!stopping_) {
    const auto now = clock_now();
    survive("a timer", [&] { routing_.tick(now); });
    std::optional<milliseconds> longest;
    if (const auto next = routing_.next_timer())
      longest = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(*next - now));
    auto received = router_->receive(longest);
    for (int taken = 0; received && !stopping_; ++taken) {
      survive("a message", [&] { take(std::move(*received), clock_now()); });
      if (taken == batch) break;
      received = router_->receive_now();
    }
  }
  survive("the end of a call", [&] { routing_.stop(clock_now()); });
  router_.reset();
}

/// Out of memory: that one thing is lost, not the broker.
template <class Fn>
void Broker::survive(std::string_view what, Fn&& fn) {
  try {
    fn();
  } catch (const std::exception& error) {
    log(LogLevel::error, fmt::format("{} was dropped: {}", what, error.what()));
  }
}

void Broker::take(RouterSocket::Received received, Time now) {
  using What = RouterSocket::Received::What;
  switch (received.what) {
    case What::frame:
      return take_frame(received.peer, std::move(received.frame), now);
    case What::many_frames:
      return routing_.on_many_frames(received.peer, now);
    case What::own_id:
      return log(LogLevel::debug, "a peer chose its own routing id; refused");
    case What::control:
      return take_control(received.control, now);
  }
}

void Broker::take_frame(Peer peer, Frame frame, Time now) {
  // The kind is at its place in every version of the header.
  constexpr std::size_t at_kind = 3;
  if (frame.size() > at_kind &&
      frame.bytes()[at_kind] == static_cast<std::byte>(wire::Kind::hello)) {
    const int fd = RouterSocket::source_of(frame);
    if (fd >= 0) note_source(fd, peer, now);
  }
  routing_.on_frame(peer, std::move(frame), now);
}

void Broker::note_source(int fd, Peer peer, Time now) {
  const auto [at, fresh] = peer_of_fd_.try_emplace(fd, peer);
  if (fresh || at->second == peer) return;
  const Peer former = std::exchange(at->second, peer);
  routing_.suspect(former, now);  // its descriptor is in use again: it must be gone
}

void Broker::take_control(const ControlMessage& message, Time now) {
  switch (message.what) {
    case ControlMessage::What::stop:
      stopping_ = true;
      break;
    case ControlMessage::What::disconnected: {
      const auto at = peer_of_fd_.find(message.value);
      if (at == peer_of_fd_.end()) return;  // it had not greeted
      router_->refresh();
      routing_.suspect(at->second, now);
      break;  // the entry stays: the descriptor may belong to a new connection already
    }
    case ControlMessage::What::accept_failed:
      if (now - last_accept_warning_ < warning_pause) return;
      last_accept_warning_ = now;
      log(LogLevel::warning,
          fmt::format("a connection could not be accepted: {}", std::strerror(message.value)));
      break;
  }
}

}  // namespace rmi::ns
