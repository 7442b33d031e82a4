// Receiving calls without a broker in between: who receives, and who runs them.
#include "daemon/listener.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "bus/bundle.hpp"
#include "bus/signals_blocked.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A call that is over in this time, with its answer sent, costs less than to wake a worker for it
// (10 to 20 us on the machines that this was measured on).
constexpr auto quick = 50us;
// After one that took longer so many are left to workers, and each time twice as many; after so
// many quick ones in a row it begins anew: on a busy machine any call may lose its core meanwhile.
constexpr unsigned first_caution = 4;
constexpr unsigned most_caution = 4096;
constexpr unsigned quick_streak = 8;
// The stand-by looks so often, while there are calls, and does not wait for a leader that has been
// away for so long. As in Channel.
constexpr auto watch_interval = 5ms;
constexpr auto away_too_long = 1ms;

}  // namespace

Listener::Listener(Host& host, const std::string& endpoint, std::size_t max_message,
                   const LogSink& log)
    : host_(host),
      max_message_(max_message),
      sockets_(open_peer_sockets(endpoint, max_message, log)),
      held_(*sockets_, log),
      next_caution_(first_caution) {}

void Listener::start() {
  const SignalsBlocked blocked;
  for (int i = 0; i < 2; ++i)
    host_.join_at_end(std::thread([self = shared_from_this()] { self->run(); }));
}

void Listener::stop() {
  stopping_ = true;
  sockets_->wake();
  alarm_.ring();
}

void Listener::run() {
  Lock lock(lead_mutex_);
  while (!stopping_) {
    if (led_ && !leader_stays_away())
      stand_by(lock);
    else
      lead(lock);
  }
}

/// Until another thread leads, or it is told to stop.
void Listener::lead(Lock& lock) {
  if (away_since_ != SteadyTime{}) be_cautious();  // of somebody who is not back yet
  led_ = true;
  runs_calls_ = {};
  const auto turn = ++turn_;
  std::vector<Message> received;
  held_.flush();  // what a leader before held
  while (!stopping_ && turn_ == turn) {
    if (arrivals_.empty()) {
      held_.flush();
      lock.unlock();
      sockets_->receive(received);
      lock.lock();
      for (Message& message : received)
        add(std::move(message));
      received.clear();
      continue;
    }
    Message message = std::move(arrivals_.front().message);
    taken_bundle_ = arrivals_.front().bundle;
    arrivals_.pop_front();
    lock.unlock();
    take(std::move(message));
    lock.lock();
    if (turn_ == turn) came_back();
  }
  held_.flush();
}

/// Each frame of a bundle is an arrival of its own. What is no bundle after all is refused when it
/// is taken.
void Listener::add(Message message) {
  if (message.gone || !is_bundle(message.frame)) return arrivals_.push_back({std::move(message)});
  const auto parsed = wire::parse(std::as_const(message.frame).bytes());
  const auto* view = std::get_if<wire::View>(&parsed);
  if (view == nullptr || frames_in_bundle(view->payload) == 0)
    return arrivals_.push_back({std::move(message)});
  const std::uint64_t bundle = takes_bundles(message.peer) ? ++last_bundle_ : 0;
  for_each_in(std::move(message.frame), view->payload, [&](Frame part) {
    arrivals_.push_back({{message.peer, std::move(part)}, bundle});
  });
}

/// Precondition: somebody leads.
void Listener::stand_by(Lock& lock) {
  const auto seen = absences_;
  standing_by_ = true;
  lock.unlock();
  alarm_.wait();
  lock.lock();
  standing_by_ = false;
  if (!watching_) return;
  watching_ = absences_ != seen && !leader_stays_away();
  if (watching_) alarm_.set(watch_interval);
}

bool Listener::leader_stays_away() const {
  return away_since_ != SteadyTime{} && steady_clock::now() - away_since_ > away_too_long;
}

/// Asked by the host once a call is admitted: what the next leader takes comes after it. With
/// nobody else to lead, the leader must not go away.
bool Listener::may_run_here(SteadyTime now) {
  const Lock lock(lead_mutex_);
  if (!standing_by_) return false;
  if (caution_ != 0) {
    --caution_;
    return false;
  }
  away_since_ = now;
  runs_calls_ = std::this_thread::get_id();
  ++absences_;
  if (!std::exchange(watching_, true)) alarm_.set(watch_interval);
  return true;
}

/// Precondition: lead_mutex_ is held.
void Listener::came_back() {
  if (away_since_ == SteadyTime{}) return;
  if (steady_clock::now() - away_since_ >= quick) return be_cautious();
  away_since_ = {};
  if (++quick_ == quick_streak) next_caution_ = first_caution;
}

/// A call has taken long.
void Listener::be_cautious() {
  away_since_ = {};
  quick_ = 0;
  caution_ = next_caution_;
  next_caution_ = std::min(2 * next_caution_, most_caution);
}

void Listener::take(Message message) {
  if (message.gone) return lose(message.peer, true);
  const auto parsed = wire::parse(std::as_const(message.frame).bytes());
  const auto* view = std::get_if<wire::View>(&parsed);
  if (view == nullptr)
    return refuse(message.peer, wire::call_id_of(std::as_const(message.frame).bytes()),
                  ErrorCode::protocol, "this frame is none of version 1");
  switch (view->header.kind) {
    case wire::Kind::hello:
      return on_hello(message.peer, *view);
    case wire::Kind::bye:
      return lose(message.peer, false);
    case wire::Kind::ping:
      wire::set_kind(message.frame, wire::Kind::pong);
      answer(message.frame, message.peer, false);
      return;
    case wire::Kind::call:
    case wire::Kind::cancel:
      break;
    case wire::Kind::bundle:
      return refuse(message.peer, view->header.call_id, ErrorCode::protocol,
                    "a bundle is frames, each after its length in 4 bytes, and holds no bundles");
    default:
      return;
  }
  const std::uint32_t session = session_of(message.peer);
  if (session == 0)
    return refuse(message.peer, view->header.call_id, ErrorCode::unknown_session,
                  "greet this daemon with a hello first");
  wire::set_session(message.frame, session);
  host_.take_from(*this, std::move(message.frame), message.peer, may_run_here_);
}

/// Whether the leader is expected to have an answer to the next call soon, too.
bool Listener::more_answers_follow() const {
  return taken_bundle_ != 0 && !arrivals_.empty() && arrivals_.front().bundle == taken_bundle_ &&
         standing_by_ && caution_ == 0 && quick_ >= quick_streak;
}

bool Listener::answer(Frame& frame, std::uint64_t link, bool takes_next) {
  if (takes_next) {
    const Lock lock(lead_mutex_);
    if (runs_calls_ == std::this_thread::get_id())
      return held_.send(link, frame, more_answers_follow());
  }
  return sockets_->send(link, frame);
}

}  // namespace rmi
