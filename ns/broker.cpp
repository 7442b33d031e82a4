// The loop around the routing core.
#include "ns/broker.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "bus/identity.hpp"
#include "bus/random.hpp"
#include "bus/wire.hpp"
#include "ns/version.hpp"

namespace rmi::ns {
namespace {

using std::chrono::milliseconds;

// Frames to take before timers get their turn.
constexpr int batch = 256;

// Bytes of a connection that the kernel may hold before libzmq reads them.
constexpr std::uint64_t in_the_kernel = 16U << 20U;

// Between looks at connections, for each of them; a look at one takes about a microsecond.
constexpr auto look_pause = std::chrono::microseconds(250);

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
  if (options.grace < milliseconds(0) || options.grace > std::chrono::hours(24))
    throw std::invalid_argument(
        fmt::format("the grace time is {} ms; expected 0 to 24 h", options.grace.count()));
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
  socket.queue = std::max(options.limits.calls_per_session, options.limits.calls_per_daemon) + 1024;
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
                .grace = options_.grace,
                .log = log_},
               clock_now()),
      builtins_(registry_, routing_, facts(clock_now()), options_.limits, log_,
                options_.store.get()),
      stalled_(options_.limits.max_message + in_the_kernel),
      strangers_(options_.limits.greeting_time) {
  routing_.serve(builtins_);
  monitor_.emplace(context_, *router_);
  try {
    if (options_.store)
      options_.store->start([this] { line_.send({.what = ControlMessage::What::stored}); });
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    if (options_.store) options_.store->stop();
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
          .start = start,
          .drains_on_request = options_.drains_on_request,
          .log_lines_left_out = [this] { return log_queue_ ? log_queue_->left_out() : 0; }};
}

void Broker::drain() {
  const std::lock_guard lock(stop_mutex_);
  if (thread_.joinable()) tell({.what = ControlMessage::What::drain});
}

void Broker::stop() {
  const std::lock_guard lock(stop_mutex_);
  if (!thread_.joinable()) return;
  tell({.what = ControlMessage::What::stop});
  thread_.join();
}

void Broker::tell(ControlMessage message) {
  while (!ended_ && !line_.send(message))
    std::this_thread::yield();
}

void Broker::run() {
  while (!stopping_) {
    const auto now = clock_now();
    survive("a timer", [&] {
      routing_.tick(now);
      stopping_ = stopping_ || routing_.drained(now);
    });
    if (routing_.draining() && !std::exchange(drain_told_, true) && options_.on_drain)
      options_.on_drain();
    if (stopping_) break;
    const auto longest = longest_wait(now);
    auto received = router_->receive(longest);
    for (int taken = 0; received && !stopping_; ++taken) {
      survive("a message", [&] { take(std::move(*received), clock_now()); });
      if (taken == batch) break;
      received = router_->receive_now();
    }
    if (received) continue;  // there is more
    if (active_) survive("a look at connections", [&] { end_stalled_links(); });
    survive("a look at strangers", [&] { end_strangers(); });
  }
  if (options_.store) options_.store->stop();  // whoever waits for the disk still gets an answer
  survive("the end of a call", [&] { routing_.stop(clock_now()); });
  router_.reset();
  ended_ = true;
  if (options_.on_end) options_.on_end();
}

/// Until a timer, or until somebody wants to see the loop turn.
std::optional<milliseconds> Broker::longest_wait(Time now) {
  std::optional<milliseconds> longest;
  for (const auto next : {routing_.next_timer(), strangers_.next()}) {
    if (!next) continue;
    const auto left = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(*next - now));
    longest = longest ? std::min(*longest, left) : left;
  }
  if (!options_.on_turn) return longest;
  const auto turn = options_.on_turn(now);
  return turn && (!longest || *turn < *longest) ? turn : longest;
}

/// Out of memory: that one thing is lost, not the broker.
template <class Fn>
void Broker::survive(std::string_view what, Fn&& fn) {
  try {
    fn();
  } catch (const std::exception& error) {
    log({LogLevel::error, "out-of-resources",
         fmt::format("{} was dropped: {}", what, error.what())});
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
      return log({LogLevel::debug, "own-id-refused", "a peer chose its own routing id; refused"});
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
    if (fd >= 0) {
      note_source(fd, peer, now);
      strangers_.forget(fd);
    }
  }
  routing_.on_frame(peer, std::move(frame), now);
}

void Broker::note_source(int fd, Peer peer, Time now) {
  const auto [at, fresh] = peer_of_fd_.try_emplace(fd, peer);
  if (fresh || at->second == peer) return;
  const Peer former = std::exchange(at->second, peer);
  routing_.suspect(former, now);  // its descriptor is in use again: it must be gone
}

/// Ends connections that fill the memory with a message that does not end.
void Broker::end_stalled_links() {
  active_ = false;
  const auto now = clock_now();
  if (now < next_look_) return;
  next_look_ = now + stalled_.size() * look_pause;
  const auto peer_of = [this](int fd) {
    const auto at = peer_of_fd_.find(fd);
    return at == peer_of_fd_.end() ? nobody : at->second;
  };
  const auto over = stalled_.find([&](int fd) -> std::optional<StalledLinks::Seen> {
    const auto bytes = bytes_received(fd);
    if (!bytes) return std::nullopt;
    return StalledLinks::Seen{*bytes, routing_.messages_of(peer_of(fd))};
  });
  for (const int fd : over) {
    // What is under way is not waited for when libzmq, which finds the end of it, closes it.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::shutdown(fd, SHUT_RDWR);
    routing_.on_endless(peer_of(fd), fmt::format("has sent more than {} bytes of one message",
                                                 options_.limits.max_message));
  }
}

/// Ends connections that have not greeted in time.
void Broker::end_strangers() {
  const auto overdue = strangers_.take_overdue(clock_now());
  if (overdue.empty()) return;
  // The monitor may have told of a connection after it had greeted.
  const auto known = routing_.links();
  std::size_t ended = 0;
  for (const Link& link : overdue) {
    if (known.contains(link.cookie)) continue;
    router_->hang_up(link);
    ++ended;
  }
  if (ended != 0)
    log({LogLevel::warning, "strangers-ended",
         fmt::format("connections that had not greeted within {} ms and were closed: {}",
                     options_.limits.greeting_time.count(), ended)});
}

void Broker::take_control(const ControlMessage& message, Time now) {
  switch (message.what) {
    case ControlMessage::What::stop:
      stopping_ = true;
      break;
    case ControlMessage::What::stored:
      break;  // the next tick takes it
    case ControlMessage::What::drain:
      routing_.drain(now);
      break;
    case ControlMessage::What::active:
      active_ = true;
      break;
    case ControlMessage::What::connected:
      stalled_.opened(message.value);
      strangers_.opened(RouterSocket::link_of(message.value), now);
      break;
    case ControlMessage::What::disconnected: {
      stalled_.closed(message.value);
      strangers_.forget(message.value);
      const auto at = peer_of_fd_.find(message.value);
      if (at == peer_of_fd_.end()) return;  // it had not greeted
      router_->refresh();
      routing_.suspect(at->second, now);
      break;  // the entry stays: the descriptor may belong to a new connection already
    }
    case ControlMessage::What::accept_failed:
      if (now - last_accept_warning_ < warning_pause) return;
      last_accept_warning_ = now;
      log({LogLevel::warning, "accept-failed",
           fmt::format("connections are turned away: {}{}", std::strerror(message.value),
                       message.value == EMFILE
                           ? "; raise the limit (ulimit -n, or LimitNOFILE= in the unit)"
                           : "")});
      break;
  }
}

}  // namespace rmi::ns
