// The thread of the timers.
#include "bus/timers.hpp"

#include "bus/signals_blocked.hpp"

namespace rmi {

Timers::Id Timers::at(SteadyTime when, std::function<void()> act) {
  const std::lock_guard lock(mutex_);
  const Id id{when, ++last_};
  if (stopping_) return id;
  const auto [added, fresh] = pending_.emplace(id, std::move(act));
  if (!thread_.joinable()) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  } else if (added == pending_.begin()) {
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

void Timers::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (pending_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = pending_.begin();
    const SteadyTime when = first->first.first;
    if (std::chrono::steady_clock::now() < when) {
      changed_.wait_until(lock, when);
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
