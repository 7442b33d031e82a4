// Waiting for requests: leading, standing by, following.
#include "bus/channel.hpp"

#include <algorithm>
#include <utility>

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A request that is done in this time costs less than waking the stand-by would (10 to 20 us on
// the machines that this was measured on).
constexpr auto quick = 50us;
// An expectation can be wrong: so often the stand-by looks, while there are requests, whether a
// worker has been away for longer than `away_too_long`.
constexpr auto watch_interval = 5ms;
constexpr auto away_too_long = 1ms;
// The same on a connection that nothing comes in on by itself.
constexpr auto rest_interval = 50ms;

/// Whose work this thread does, and as which worker; null in a loop that is not ours.
struct Employment {
  const Channel* channel = nullptr;
  Channel::Worker* worker = nullptr;
};
thread_local Employment employment;

}  // namespace

/// @param worker  set to what it is if it is one.
bool Channel::works_here(Worker*& worker) const noexcept {
  const Employment& here = employment;
  if (here.channel == this) worker = here.worker;
  return here.channel == this;
}

void Channel::work_here(Worker* worker) noexcept {
  employment = {this, worker};
}

bool Channel::next_work(Worker& worker, TakeIn take_in, WorkPtr& task) {
  work_here(&worker);
  Waiter self(true);
  self.bell = &worker.bell_;
  Lock lock(mutex_);
  SteadyTime now = note_work(worker);
  for (;; now = {}) {
    if (!has_work()) flush_beside_leader();
    if (has_work()) {
      worker.taken_ = now != SteadyTime{} ? now : steady_clock::now();
      take_work(take_in, task, worker.taken_);
      return true;
    }
    if (closed_) return false;
    if (leader_ == nullptr && !resting_) {
      lead_until_requested(lock, self);
    } else if (standby_ == nullptr) {
      stand_by(lock, self);
    } else {
      follow(lock, self, SteadyTime::max());
    }
  }
}

/// The worker has done what it was given, if it was given something. @return the time, if it is
/// known.
SteadyTime Channel::note_work(Worker& worker) noexcept {
  const auto taken = std::exchange(worker.taken_, {});
  if (taken == SteadyTime{}) return {};
  // Without the time that it took to send the answer, which nobody could have used.
  const auto end = worker.answered_ > taken ? worker.answered_ : steady_clock::now();
  requests_done_.note(end - taken < quick);
  return end;
}

/// Precondition: has_work(). Tasks first: they end what was begun before.
void Channel::take_work(TakeIn take_in, WorkPtr& task, SteadyTime now) {
  if (!tasks_.empty()) {
    task = std::move(tasks_.front());
    tasks_.pop_front();
  } else {
    last_taken_ = requests_.front().message;
    take_in(std::move(requests_.front()));
    requests_.pop_front();
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

/// The leader goes: a thread that waits for an answer leads now, or else the stand-by.
/// @param nothing_left  there is nothing to receive or to send.
void Channel::hand_over(bool nothing_left) {
  leader_ = nullptr;
  resting_ = false;
  if (Waiter* caller = followers_.first(false)) {
    followers_.remove(*caller);
    leader_ = caller;
    helper_returns_ = false;
    if (!nothing_left || !watch_in_sleep(*caller)) caller->tell(Waiter::lead);
  } else if (may_rest()) {
    rest();
  } else {
    wake_worker();
  }
}

/// Whoever takes work goes away to do it. If nobody leads meanwhile, the stand-by leads from now
/// on; or, while work is quick, only if this worker stays away.
void Channel::leave_to_work(SteadyTime taken) {
  if (work_fd_ >= 0) return;
  if (leader_ != nullptr) {
    if (has_work()) wake_worker();
    return;
  }
  if (!requests_done_.expects_quick() || followers_.first(false) != nullptr) {
    flush();
    hand_over();
    return;
  }
  watch(taken);
}

/// Whether it does no harm that nobody reads for some milliseconds: nothing comes by itself, as far
/// as is known. Then the next caller finds the lead free and hands nothing over to anybody.
/// @param stands_by  this thread will, if no other does.
bool Channel::may_rest(bool stands_by) const noexcept {
  return !serves_ && completions_ == 0 && (stands_by || standby_ != nullptr) && !has_work();
}

void Channel::expect_calls() {
  const Lock lock(mutex_);
  serves_ = true;
  if (std::exchange(resting_, false)) wake_worker();
}

void Channel::rest() noexcept {
  resting_ = true;
  watch(steady_clock::now());
}

/// From now on the stand-by looks from time to time whether nobody leads for too long.
void Channel::watch(SteadyTime since) noexcept {
  unattended_since_ = since;
  if (watching_ || standby_ == nullptr) return;
  watching_ = true;
  look_due_ = steady_clock::now() + look_interval();
  if (!sends_late_) alarm_.set(look_interval());
}

std::chrono::milliseconds Channel::look_interval() const noexcept {
  return resting_ ? rest_interval : watch_interval;
}

/// Receives to EAGAIN. While requests are quick, only until there is one: the rest is received when
/// that is done, and the system is asked once less.
void Channel::receive_work() {
  flush();
  if (!requests_done_.expects_quick()) return receive_all(nullptr);
  Frame frame;
  while (!has_work() && socket_ && socket_->receive(frame))
    deliver(std::move(frame));
}

/// On return this thread leads no more.
void Channel::lead_until_requested(Lock& lock, Waiter& self) {
  leader_ = &self;
  helper_returns_ = false;
  receive_work();
  for (auto seen = answers_given_; !has_work() && !closed_; receive_work()) {
    // Callers do that better themselves: one that leads needs no other thread.
    const auto before = std::exchange(seen, answers_given_);
    if (seen != before && followers_.first(false) == nullptr && may_rest(true)) {
      rest();
      break;
    }
    poll_socket(lock, self, SteadyTime::max());
    if (leader_ != &self) return;  // somebody helps
  }
  leader_ = nullptr;
}

/// Sleeps until one more worker is wanted, or is found to be. Another one stands by then.
void Channel::stand_by(Lock& lock, Waiter& self) {
  standby_ = &self;
  if (resting_) watch(unattended_since_);
  SteadyTime seen = unattended_since_;
  while (!closed_ && !wanted_) {
    lock.unlock();
    alarm_.wait();
    lock.lock();
    const auto now = steady_clock::now();
    if (sends_late_) send_late(now);
    if (!watching_) continue;
    if (now >= look_due_) {
      if (leader_ == nullptr && now - unattended_since_ > away_too_long) break;
      watching_ = leader_ == nullptr || unattended_since_ != seen;
      seen = unattended_since_;
      look_due_ = now + look_interval();
    }
    if (watching_ && !sends_late_) alarm_.set(look_due_ - now);
  }
  flush_beside_leader();  // before anything that may keep this thread, too
  standby_ = nullptr;
  watching_ = false;
  sends_late_ = false;
  resting_ = false;
  wanted_ = false;
  wake_follower();
}

/// Gets one more worker to look for work, or for the lead.
void Channel::wake_worker() {
  if (work_fd_ >= 0) return notify_loop();
  if (need_workers_) {
    if (closed_) return;
    std::exchange(need_workers_, nullptr)();
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
