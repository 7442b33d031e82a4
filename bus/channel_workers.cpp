// Waiting for requests: leading, standing by, following.
#include "bus/channel.hpp"

#include <utility>

namespace rmi {
namespace {

using namespace std::chrono_literals;
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
  return request;
}

/// On return nobody leads.
void Channel::lead_until_requested(Lock& lock, Waiter& self) {
  leader_ = &self;
  receive_all(nullptr);
  while (requests_.empty() && !closed_) {
    poll_socket(lock, SteadyTime::max());
    receive_all(nullptr);
  }
  leader_ = nullptr;
}

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
}

}  // namespace rmi
