// The loop around the routing core.
#include "ns/lane.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "bus/wire.hpp"

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

}  // namespace

Lane::Lane(LaneSocket socket, Options options, Time now)
    : options_(std::move(options)),
      context_(std::move(socket.context)),
      zap_(std::move(socket.zap)),
      router_(std::move(socket.router)),
      line_(*context_, *router_, 's'),
      // Numbers of one run of a broker are none of another.
      registry_(limits_.registry, options_.lease, options_.routing.epoch & 0xffffffff00000000U),
      routing_(*router_, registry_, options_.routing, now),
      stalled_(limits_.max_message + in_the_kernel),
      strangers_(limits_.greeting_time) {}

Lane::~Lane() {
  stop();
  router_.reset();  // before the monitor, which waits for that
}

void Lane::start() {
  monitor_.emplace(*context_, *router_);
  thread_ = std::thread([this] { run(); });
}

void Lane::tell(ControlMessage::What what) {
  while (!ended_ && !line_.send({.what = what}))
    std::this_thread::yield();
}

void Lane::post(Act act) {
  bool first = false;
  {
    const std::lock_guard lock(posted_mutex_);
    if (!takes_posts_) return;
    first = posted_.empty();
    posted_.push_back(std::move(act));
    any_posted_.store(true, std::memory_order_release);
  }
  if (first) tell(ControlMessage::What::posted);
}

bool Lane::ask(const Act& act) {
  const auto done = std::make_shared<std::promise<bool>>();
  auto answer = done->get_future();
  // The promise goes with what is not done any more, and that is an answer, too.
  post([&act, promise = std::move(done)](Time now) {
    act(now);
    promise->set_value(true);
  });
  try {
    return answer.get();
  } catch (const std::future_error&) {
    return false;
  }
}

void Lane::take_posted(Time now) {
  std::vector<Act> acts;
  {
    const std::lock_guard lock(posted_mutex_);
    acts.swap(posted_);
    any_posted_.store(false, std::memory_order_relaxed);
  }
  for (const auto& act : acts)
    survive("what another thread wanted", [&] { act(now); });
}

void Lane::refuse_posts() {
  std::vector<Act> dropped;
  const std::lock_guard lock(posted_mutex_);
  takes_posts_ = false;
  dropped.swap(posted_);
}

void Lane::stop() {
  const std::lock_guard lock(stop_mutex_);
  if (!thread_.joinable()) return;
  tell(ControlMessage::What::stop);
  thread_.join();
}

void Lane::run() {
  RouterSocket::Received received;
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
    bool there = router_->receive(received, longest);
    for (int taken = 0; there && !stopping_; ++taken) {
      survive("a message", [&] { take(received, clock_now()); });
      received.frame = Frame();  // what was not sent on
      if (taken == batch) break;
      there = router_->receive_now(received);
    }
    if (there) continue;  // there is more
    if (active_) survive("a look at connections", [&] { end_stalled_links(); });
    survive("a look at strangers", [&] { end_strangers(); });
  }
  if (options_.on_stop) options_.on_stop();
  survive("the end of a call", [&] { routing_.stop(clock_now()); });
  refuse_posts();
  router_.reset();
  ended_ = true;
  if (options_.on_end) options_.on_end();
}

/// Until a timer, or until somebody wants to see the loop turn.
std::optional<milliseconds> Lane::longest_wait(Time now) {
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
void Lane::survive(std::string_view what, Fn&& fn) {
  try {
    fn();
  } catch (const std::exception& error) {
    log({LogLevel::error, "out-of-resources",
         fmt::format("{} was dropped: {}", what, error.what())});
  }
}

void Lane::take(RouterSocket::Received& received, Time now) {
  if (any_posted_.load(std::memory_order_acquire)) take_posted(now);
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

void Lane::take_frame(Peer peer, Frame&& frame, Time now) {
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

void Lane::note_source(int fd, Peer peer, Time now) {
  const auto [at, fresh] = peer_of_fd_.try_emplace(fd, peer);
  if (fresh || at->second == peer) return;
  const Peer former = std::exchange(at->second, peer);
  routing_.suspect(former, now);  // its descriptor is in use again: it must be gone
}

/// Ends connections that fill the memory with a message that does not end.
void Lane::end_stalled_links() {
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
                                                 limits_.max_message));
  }
}

/// Ends connections that have not greeted in time.
void Lane::end_strangers() {
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
                     limits_.greeting_time.count(), ended)});
}

void Lane::take_control(const ControlMessage& message, Time now) {
  switch (message.what) {
    case ControlMessage::What::stop:
      stopping_ = true;
      break;
    case ControlMessage::What::stored:  // the next tick takes it
    case ControlMessage::What::posted:  // done already
      break;
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
