// One thread that sleeps until the first of the pending times.
#include "daemon/programs/delays.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace echo {
namespace {

/// More than anybody waits, and far from the end of the clock.
constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);

std::chrono::milliseconds bounded(std::chrono::milliseconds time) {
  return std::clamp(time, std::chrono::milliseconds(0), longest);
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin);
}

}  // namespace

Delays::Time Delays::wait(Time time, const std::stop_token& stop) {
  const auto begin = Clock::now();
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, begin + bounded(time), [this] { return stopped_; });
  return since(begin);
}

rmi::Future<Delays::Time> Delays::after(Time time) {
  const auto begin = Clock::now();
  rmi::Promise<Time> promise;
  auto future = promise.get_future();
  const std::lock_guard lock(mutex_);
  if (stopped_) return rmi::make_ready_future(Time(0));
  pending_.emplace(begin + bounded(time), Pending{begin, std::move(promise)});
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_all();
  return future;
}

void Delays::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Delays::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_ || !pending_.empty()) {
    const auto now = Clock::now();
    std::vector<Pending> due;
    while (!pending_.empty() && (stopped_ || pending_.begin()->first <= now))
      due.push_back(std::move(pending_.extract(pending_.begin()).mapped()));
    if (!due.empty()) {
      lock.unlock();  // what waits for the result runs in set_value()
      for (auto& each : due)
        each.promise.set_value(since(each.begin));
      lock.lock();
    } else if (pending_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, pending_.begin()->first);
    }
  }
}

}  // namespace echo
