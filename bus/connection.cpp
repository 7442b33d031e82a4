// The life of a connection. Making calls over it is in call.cpp.
#include "bus/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <random>
#include <utility>

#include "bus/async_call.hpp"
#include "bus/handshake_fault.hpp"
#include "bus/signals_blocked.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds attempt_timeout = 6s;  // CONNECT_TIMEOUT and HANDSHAKE_IVL together
constexpr milliseconds first_pause = 100ms;
constexpr milliseconds longest_pause = 5s;
constexpr milliseconds idle_wait = 1h;

/// 75 to 125 percent, different in every process, so that a restarted broker is not stormed.
milliseconds with_jitter(milliseconds time) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<milliseconds::rep> percent(75, 125);
  return time * percent(random) / 100;
}

}  // namespace

Connection::Connection(Options options, ConnectionEvents events)
    : options_(std::move(options)),
      events_(std::move(events)),
      channel_(events_.need_workers, events_.unclaimed),
      away_since_(std::chrono::steady_clock::now()) {
  // Tried here once, so that an endpoint that nothing can connect to is the constructor's error.
  open_link(context_, options_.endpoint, link_limits())->abandon();
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

Connection::~Connection() {
  stop();
  channel_.close();
  while (const auto inside = calls_.load())
    calls_.wait(inside);
}

void Connection::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  poke();
  {
    const std::lock_guard lock(mutex_);
    phase_changed_.notify_all();
  }
  thread_.join();
  channel_.refuse_help();
  help_gate_->close();
  submit([this] { send_waiting(); });  // each finds that there is no session any more
}

void Connection::poke() noexcept {
  wake_.ring();
}

bool Connection::wait_until_resolved(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  phase_changed_.wait_until(lock, deadline,
                            [this] { return phase_ != Phase::connecting || stopping_; });
  return phase_ == Phase::ready;
}

bool Connection::wait_until_ready(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  return phase_changed_.wait_until(lock, deadline, [this] {
    return phase_ == Phase::ready || stopping_;
  }) && phase_ == Phase::ready;
}

void Connection::run() {
  own_thread_ = std::this_thread::get_id();
  std::size_t failures = 0;
  while (!stopping_) {
    failures = attempt() ? 0 : failures + 1;
    if (!stopping_) back_off(failures);
  }
}

/// One socket from connecting to its end. @return whether there was a session.
bool Connection::attempt() {
  auto connecting = open_link(context_, options_.endpoint, link_limits());
  if (!await_link(*connecting)) {
    connecting->abandon();
    return false;
  }
  socket_ = connecting.get();  // stays alive until detach(), which only this thread calls
  link_ended_ = false;
  const Link link = channel_.attach(std::move(connecting));
  const bool greeted = greet(link);
  if (greeted) watch(link);
  if (greeted && stopping_) {
    Frame bye = wire::build({.kind = wire::Kind::bye}, {}, {}, 0);
    channel_.post(bye, link);
  }
  set_phase(outdated_ ? Phase::connecting : Phase::away, 0);
  const auto ended = channel_.detach();
  if (!stopping_) ended->abandon();
  return greeted;
}

bool Connection::await_link(LinkSocket& socket) {
  const auto deadline = std::chrono::steady_clock::now() + attempt_timeout;
  while (!stopping_ && std::chrono::steady_clock::now() < deadline) {
    const LinkEvent event = socket.next_event(wake_.fd(), attempt_timeout);
    switch (event) {
      case LinkEvent::up:
        return true;
      case LinkEvent::refused:
        note_failure("nothing accepted the connection");
        return false;
      case LinkEvent::foreign:
        note_failure("what listens there belongs to another user");
        return false;
      case LinkEvent::handshake_failed:
      case LinkEvent::other_mechanism:
      case LinkEvent::key_refused:
      case LinkEvent::down:
        note_handshake(event);
        return false;
      case LinkEvent::none:
        pause(0ms);
        break;
    }
  }
  note_failure("the connection was not accepted in time");
  return false;
}

/// Stays until the link is down, a new greeting fails, or the connection is to stop.
void Connection::watch(Link link) {
  SteadyTime next_tick = std::chrono::steady_clock::now();
  while (!stopping_ && !outdated_ && !link_ended_) {
    if (stale_link_ == link) {
      stale_link_ = 0;
      if (!greet(link)) break;
    }
    const auto now = std::chrono::steady_clock::now();
    if (events_.tick) {
      try {
        next_tick = events_.tick(now);
      } catch (const Error& error) {
        log({LogLevel::warning, "upkeep-failed", error.what()});
        next_tick = now + 1s;
      }
    }
    const auto wait = events_.tick ? std::chrono::ceil<milliseconds>(
                                         std::max(next_tick - now, SteadyTime::duration::zero()))
                                   : idle_wait;
    watch_for(std::min(wait, idle_wait));
    pause(0ms);
  }
  if (!link_ended_) return;
  note_failure("the connection broke");
  log({LogLevel::warning, options_.to_daemon ? "daemon-lost" : "broker-lost",
       fmt::format("lost the {} at {}; connecting again", options_.peer(), options_.endpoint)});
}

/// Looks for the end of the link, for so long at most.
void Connection::watch_for(milliseconds time) {
  if (!link_ended_) link_ended_ = socket_->next_event(wake_.fd(), time) == LinkEvent::down;
}

/// While the own thread waits for an answer, nobody else notices the end of the link.
Channel::Answer Connection::exchange(Frame&& request, Link link, SteadyTime deadline) {
  if (own_thread_.load(std::memory_order_relaxed) != std::this_thread::get_id())
    return channel_.exchange(std::move(request), link, deadline);
  const auto ended = [this] {
    watch_for(0ms);
    return link_ended_ || stopping_;
  };
  const detail::FunctionRef<bool()> asked(ended);
  return channel_.exchange(std::move(request), link, deadline, &asked);
}

void Connection::set_phase(Phase phase, Link link) {
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::ready && phase != Phase::ready)
    away_since_ = std::chrono::steady_clock::now();
  if (phase == Phase::ready) failures_ = 0;
  phase_ = phase;
  ready_link_.store(link, std::memory_order_release);
  phase_changed_.notify_all();
  const bool look = phase != Phase::connecting && !waiting_.empty();
  lock.unlock();
  if (look) submit([this] { send_waiting(); });
}

void Connection::note_handshake(LinkEvent event) {
  auto fault = handshake_fault(event, options_.keys.get(), options_.to_daemon);
  if (fault.by_keys && !failed_by_keys_)  // set by this thread alone
    log({LogLevel::warning, "broker-refused",
         fmt::format("no session with the broker at {}: {}", options_.endpoint, fault.text)});
  note_failure(std::move(fault.text), fault.by_keys);
}

void Connection::note_failure(std::string why, bool by_keys) {
  std::unique_lock lock(mutex_);
  last_failure_ = std::move(why);
  failed_by_keys_ = by_keys;
  ++failures_;
  if (phase_ == Phase::connecting) phase_ = Phase::away;
  phase_changed_.notify_all();
  const bool look = !options_.wait_for_broker && !waiting_.empty();
  lock.unlock();
  if (look) submit([this] { send_waiting(); });
}

void Connection::back_off(std::size_t failures) {
  const auto doubled = first_pause * (1 << std::min<std::size_t>(failures, 6));
  pause(with_jitter(std::min<milliseconds>(doubled, longest_pause)));
}

/// Clears a poke, or waits for one.
bool Connection::pause(milliseconds time) {
  pollfd wait{wake_.fd(), POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(time.count())) <= 0) return false;
  return wake_.clear();
}

}  // namespace rmi
