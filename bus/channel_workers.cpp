// Waiting for requests: leading, standing by, following.
#include "bus/channel.hpp"

#include <unistd.h>

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

bool Channel::next_work(SteadyTime previous_taken, TakeIn take_in, WorkPtr& task) {
  Waiter self(true);
  Lock lock(mutex_);
  if (previous_taken != SteadyTime{})
    streak_ = steady_clock::now() - previous_taken < quick ? streak_ + 1 : 0;
  for (;;) {
    if (has_work()) {
      take_work(take_in, task);
      return true;
    }
    if (closed_) return false;
    if (leader_ == nullptr) {
      lead_until_requested(lock, self);
    } else if (standby_ == nullptr) {
      stand_by(lock, self);
    } else {
      follow(lock, self, SteadyTime::max());
    }
  }
}

bool Channel::poll_work(TakeIn take_in, WorkPtr& task) {
  const Lock lock(mutex_);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto size = ::read(notify_fd_, &count, sizeof count);
  receive_all(nullptr);
  if (!has_work()) return false;
  take_work(take_in, task);
  return true;
}

/// Precondition: has_work(). Tasks first: they end what was begun before.
void Channel::take_work(TakeIn take_in, WorkPtr& task) {
  const auto now = steady_clock::now();
  if (!tasks_.empty()) {
    task = std::move(tasks_.front());
    tasks_.pop_front();
  } else {
    Request request = std::move(requests_.front());
    requests_.pop_front();
    request.taken = now;
    take_in(std::move(request));
  }
  leave_to_work(now);
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

/// Whoever takes work goes away to do it. If nobody leads meanwhile, the stand-by leads from now
/// on; or, while work is quick, only if this worker stays away.
void Channel::leave_to_work(SteadyTime taken) {
  if (work_fd_ >= 0) return;
  if (leader_ != nullptr) {
    if (has_work()) wake_worker();
    return;
  }
  if (streak_ < quick_streak || followers_.first(false) != nullptr) {
    hand_over();
    return;
  }
  unattended_since_ = taken;
  if (!watching_ && standby_ != nullptr) {
    watching_ = true;
    alarm_.set(watch_interval);
  }
}

/// On return nobody leads.
void Channel::lead_until_requested(Lock& lock, Waiter& self) {
  leader_ = &self;
  receive_all(nullptr);
  while (!has_work() && !closed_) {
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

/// Gets one more worker to look for work, or for the lead.
void Channel::wake_worker() {
  if (work_fd_ >= 0) return notify_loop();
  if (need_workers_) {
    if (closed_) return;
    std::exchange(need_workers_, nullptr)();
    return;
  }
  // The same holds for a worker that polls: it would not see what another thread has received.
  if (leader_ != nullptr && leader_->worker && polling_) return poke_leader();
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
