// The thread of the timers.
#include "bus/timers.hpp"

#include "bus/signals_blocked.hpp"

namespace rmi {

Timers::Id Timers::at(SteadyTime when, std::function<void()> act) {
  const std::lock_guard lock(mutex_);
  const Id id{when, ++last_};
  if (stopping_) return id;
  pending_.emplace(id, std::move(act));
  if (!thread_.joinable()) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  } else if (when < sleeps_until_) {
    changed_.notify_one();
  }
  return id;
}

void Timers::cancel(const Id& id) {
  std::function<void()> forgotten;  // destroyed after the lock is given back
  const std::lock_guard lock(mutex_);
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  forgotten = std::move(found->second);
  pending_.erase(found);
}

void Timers::stop() {
  std::map<Id, std::function<void()>> forgotten;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    forgotten.swap(pending_);
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

/// What is cancelled meanwhile wakes nobody, so that a call after the other costs no wake-up.
void Timers::sleep(std::unique_lock<std::mutex>& lock, SteadyTime until) {
  sleeps_until_ = until;
  if (until == SteadyTime::max())
    changed_.wait(lock);
  else
    changed_.wait_until(lock, until);
  sleeps_until_ = SteadyTime::min();
}

void Timers::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto first = pending_.begin();
    if (first == pending_.end() || std::chrono::steady_clock::now() < first->first.first) {
      sleep(lock, first == pending_.end() ? SteadyTime::max() : first->first.first);
      continue;
    }
    auto act = std::move(first->second);
    pending_.erase(first);
    lock.unlock();
    act();
    act = nullptr;
    lock.lock();
  }
}

}  // namespace rmi
