// The life of a connection. Making calls over it is in call.cpp.
#include "bus/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <random>
#include <utility>

#include <rmi/archive.hpp>

#include "bus/async_call.hpp"
#include "bus/identity.hpp"
#include "bus/random.hpp"
#include "bus/request.hpp"
#include "bus/signals_blocked.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds attempt_timeout = 6s;  // CONNECT_TIMEOUT and HANDSHAKE_IVL together
constexpr milliseconds greet_timeout = 5s;
constexpr milliseconds first_pause = 100ms;
constexpr milliseconds longest_pause = 5s;
constexpr milliseconds idle_wait = 1h;

SessionId random_session() {
  SessionId id{};
  const std::string bytes = random_bytes(id.size());
  std::ranges::copy(bytes, id.begin());
  return id;
}

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

void Connection::change_session(const SessionId& to) {
  std::unique_lock lock(mutex_);
  wanted_session_ = to;
  outdated_ = session_ != to;
  lock.unlock();
  if (outdated_) set_phase(Phase::connecting, 0);
  poke();
}

Welcome Connection::welcome() const {
  const std::lock_guard lock(mutex_);
  return welcome_;
}

SessionId Connection::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
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
  LinkSocket& socket = *connecting;  // stays alive until detach(), which only this thread calls
  const Link link = channel_.attach(std::move(connecting));
  const bool greeted = greet(link);
  if (greeted) watch(socket, link);
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
    switch (socket.next_event(wake_.fd(), attempt_timeout)) {
      case LinkEvent::up:
        return true;
      case LinkEvent::refused:
        note_failure("nothing accepted the connection");
        return false;
      case LinkEvent::foreign:
        note_failure("what listens there belongs to another user");
        return false;
      case LinkEvent::handshake_failed:
      case LinkEvent::down:
        note_failure("what listens there does not speak ZeroMQ");
        return false;
      case LinkEvent::none:
        pause(0ms);
        break;
    }
  }
  note_failure("the connection was not accepted in time");
  return false;
}

bool Connection::greet(Link link) {
  Hello hello;
  hello.session = random_session();
  hello.program = options_.program;
  hello.host = host_name();
  hello.pid = process_id();
  hello.max_message = options_.max_message;
  if (events_.introduce && !events_.introduce(hello)) {
    note_failure("there is no session at the first lane of the broker yet");
    return false;
  }
  const auto answer =
      channel_.exchange(make_hello(hello), link, std::chrono::steady_clock::now() + greet_timeout);
  if (answer.end != Channel::End::answered) {
    note_failure(fmt::format("what listens there does not answer a greeting: it is no {}",
                             options_.to_daemon ? "daemon of rmibus" : "rmi-broker"));
    return false;
  }
  try {
    const auto view = std::get<wire::View>(wire::parse(answer.frame.bytes()));
    if (view.header.kind != wire::Kind::welcome) {
      note_failure(fmt::format("the {} refused the greeting: {}", options_.peer(),
                               read_error(view.payload).text));
      return false;
    }
    Welcome read = read_welcome(view);
    const std::lock_guard lock(mutex_);
    if (welcome_.epoch != 0 && welcome_.epoch != read.epoch)
      settled_at_ = std::chrono::steady_clock::now() + settling_time;
    welcome_ = std::move(read);
    session_ = hello.session;
    outdated_ = wanted_session_ != SessionId{} && session_ != wanted_session_;
    peer_limit_ = welcome_.max_message;
  } catch (const DecodeError& error) {
    note_failure(fmt::format("the {}'s welcome makes no sense: {}", options_.peer(), error.what()));
    return false;
  }
  if (outdated_) return greet(link);
  if (events_.welcome) events_.welcome(welcome());
  set_phase(Phase::ready, link);
  log({LogLevel::info, options_.to_daemon ? "daemon-connected" : "broker-connected",
       fmt::format("connected to the {} at {}", options_.peer(), options_.endpoint)});
  if (events_.ready) events_.ready(welcome());
  return true;
}

/// Stays until the link is down, a new greeting fails, or the connection is to stop.
void Connection::watch(LinkSocket& socket, Link link) {
  SteadyTime next_tick = std::chrono::steady_clock::now();
  while (!stopping_ && !outdated_) {
    if (stale_link_ == link) {
      stale_link_ = 0;
      if (!greet(link)) return;
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
    if (socket.next_event(wake_.fd(), std::min(wait, idle_wait)) == LinkEvent::down) {
      note_failure("the connection broke");
      log({LogLevel::warning, options_.to_daemon ? "daemon-lost" : "broker-lost",
           fmt::format("lost the {} at {}; connecting again", options_.peer(), options_.endpoint)});
      return;
    }
    pause(0ms);
  }
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

void Connection::note_failure(std::string why) {
  std::unique_lock lock(mutex_);
  last_failure_ = std::move(why);
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

void Connection::regreet(Link link) {
  ready_link_.compare_exchange_strong(link, 0);
  stale_link_ = link;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ready) phase_ = Phase::connecting;
  }
  poke();
}

}  // namespace rmi
