// Waiting for requests: leading, standing by, following.
#include "bus/channel.hpp"

<<<<<<< HEAD
=======
#include <algorithm>
>>>>>>> infra
#include <utility>

namespace rmi {
namespace {

using namespace std::chrono_literals;
<<<<<<< HEAD
using std::chrono::steady_clock;

// A request that is done in this time costs less than waking the stand-by would (10 to 20 us on
// the machines that this was measured on).
constexpr auto quick = 50us;
// After so many quick requests in a row the next one is expected to be quick too.
constexpr int quick_streak = 16;
// An expectation can be wrong: so often the stand-by looks, while there are requests, whether a
// worker has been away for longer than `away_too_long`.
constexpr auto watch_interval = 5ms;
constexpr auto away_too_long = 1ms;

}  // namespace

std::optional<Channel::Request> Channel::next_request(SteadyTime previous_taken) {
  Waiter self(true);
  Lock lock(mutex_);
  if (previous_taken != SteadyTime{})
    streak_ = steady_clock::now() - previous_taken < quick ? streak_ + 1 : 0;
=======

// How long a worker may run a request before the stand-by takes the lead: longer than waking a
// thread costs (10 to 20 us here), so that a short method is never paid for with a wake-up. With
// nothing else to do the price of waiting is only that the next request may come meanwhile.
constexpr std::chrono::nanoseconds patience_with_more_to_do = 50us;
constexpr std::chrono::nanoseconds patience_otherwise = 200us;
// An alarm that was set so short ago will do for the next request as well.
constexpr std::chrono::nanoseconds fresh = patience_with_more_to_do / 2;

}  // namespace

std::optional<Channel::Request> Channel::next_request() {
  Waiter self(true);
  Lock lock(mutex_);
>>>>>>> infra
  while (!closed_) {
    if (!requests_.empty()) return take_request();
    if (leader_ == nullptr) {
      lead_until_requested(lock, self);
    } else if (standby_ == nullptr) {
      stand_by(lock, self);
    } else {
      follow(lock, self, SteadyTime::max());
    }
  }
  return std::nullopt;
}

std::size_t Channel::requests_waiting() {
  const Lock lock(mutex_);
  return requests_.size();
}

void Channel::close() {
  const Lock lock(mutex_);
  closed_ = true;
  while (Waiter* worker = followers_.first(true)) {
    followers_.remove(*worker);
    worker->tell(Waiter::look);
  }
<<<<<<< HEAD
  alarm_.ring();
  poke_leader();
}

/// Whoever takes a request goes away to run it. If nobody leads meanwhile, the stand-by leads from
/// now on; or, while requests are quick, only if this worker stays away.
Channel::Request Channel::take_request() {
  Request request = std::move(requests_.front());
  requests_.pop_front();
  request.taken = steady_clock::now();
  if (leader_ != nullptr) return request;
  if (streak_ < quick_streak || followers_.first(false) != nullptr) {
    hand_over();
    return request;
  }
  unattended_since_ = request.taken;
  if (!watching_ && standby_ != nullptr) {
    watching_ = true;
    alarm_.set(watch_interval);
  }
=======
  alarm_.set(1ns);  // and never cleared again
  poke_leader();
}

Channel::Request Channel::take_request() {
  Request request = std::move(requests_.front());
  requests_.pop_front();
  if (leader_ == nullptr)
    hand_over(requests_.empty() ? patience_otherwise : patience_with_more_to_do);
>>>>>>> infra
  return request;
}

/// On return nobody leads.
void Channel::lead_until_requested(Lock& lock, Waiter& self) {
  leader_ = &self;
  receive_all(nullptr);
<<<<<<< HEAD
=======
  if (requests_.empty()) clear_alarm();
>>>>>>> infra
  while (requests_.empty() && !closed_) {
    poll_socket(lock, SteadyTime::max());
    receive_all(nullptr);
  }
  leader_ = nullptr;
}

<<<<<<< HEAD
/// Sleeps until one more worker is wanted, or is found to be. Another one stands by then.
void Channel::stand_by(Lock& lock, Waiter& self) {
  standby_ = &self;
  SteadyTime seen = unattended_since_;
  while (!closed_ && !wanted_) {
    lock.unlock();
    alarm_.wait();
    lock.lock();
    if (!watching_) continue;
    if (leader_ == nullptr && steady_clock::now() - unattended_since_ > away_too_long) {
      streak_ = 0;
      break;
    }
    watching_ = leader_ == nullptr || unattended_since_ != seen;
    seen = unattended_since_;
    if (watching_) alarm_.set(watch_interval);
  }
  standby_ = nullptr;
  watching_ = false;
  wanted_ = false;
  wake_follower();
}

/// Gets one more worker to look for a request, or for the lead.
void Channel::wake_worker() {
  if (standby_ == nullptr) return wake_follower();
  if (!std::exchange(wanted_, true)) alarm_.ring();
}

void Channel::wake_follower() {
  Waiter* worker = followers_.first(true);
  if (worker == nullptr) return;
  followers_.remove(*worker);
  worker->tell(Waiter::look);
=======
/// Sleeps until the alarm. Another worker stands by from then on.
void Channel::stand_by(Lock& lock, Waiter& self) {
  standby_ = &self;
  lock.unlock();
  alarm_.wait();
  lock.lock();
  standby_ = nullptr;
  alarm_set_ = {};
  if (leader_ != nullptr && requests_.empty()) return;  // nothing to do: stands by again
  if (Waiter* worker = followers_.first(true)) {
    followers_.remove(*worker);
    worker->tell(Waiter::look);
  }
}

void Channel::wake_worker() {
  if (standby_ != nullptr) set_alarm(1ns);
}

void Channel::set_alarm(std::chrono::nanoseconds from_now) {
  const auto now = std::chrono::steady_clock::now();
  if (from_now >= patience_with_more_to_do && alarm_set_ != SteadyTime{} &&
      now - alarm_set_ < fresh)
    return;
  alarm_set_ = now;
  alarm_.set(std::max<std::chrono::nanoseconds>(from_now, 1ns));
}

void Channel::clear_alarm() {
  if (alarm_set_ == SteadyTime{} || closed_) return;
  alarm_set_ = {};
  alarm_.clear();
>>>>>>> infra
}

}  // namespace rmi
