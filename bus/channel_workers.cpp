// Waiting for requests: leading, standing by, following.
#include "bus/channel.hpp"

#include <algorithm>
#include <utility>

namespace rmi {
namespace {

using namespace std::chrono_literals;

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
  alarm_.set(1ns);  // and never cleared again
  poke_leader();
}

Channel::Request Channel::take_request() {
  Request request = std::move(requests_.front());
  requests_.pop_front();
  if (leader_ == nullptr)
    hand_over(requests_.empty() ? patience_otherwise : patience_with_more_to_do);
  return request;
}

/// On return nobody leads.
void Channel::lead_until_requested(Lock& lock, Waiter& self) {
  leader_ = &self;
  receive_all(nullptr);
  if (requests_.empty()) clear_alarm();
  while (requests_.empty() && !closed_) {
    poll_socket(lock, SteadyTime::max());
    receive_all(nullptr);
  }
  leader_ = nullptr;
}

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
}

}  // namespace rmi
