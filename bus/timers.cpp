// The thread of the timers.
#include "bus/timers.hpp"

#include "bus/signals_blocked.hpp"

#include <utility>

namespace rmi {
namespace {

/// Keeps itself until it has run, or is forgotten.
class Once final : public Timer {
 public:
  explicit Once(std::function<void()> act) : act_(std::move(act)) {}
  void on_time() override { act_(); }

  std::shared_ptr<Timer> self;

 private:
  std::shared_ptr<Timer> keep() noexcept override { return std::move(self); }

  const std::function<void()> act_;
};

}  // namespace

void Timers::set(Timer& timer, SteadyTime when) {
  const std::lock_guard lock(mutex_);
  if (!stopping_) insert(timer, when);
}

void Timers::at(SteadyTime when, std::function<void()> act) {
  auto once = std::make_shared<Once>(std::move(act));
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  insert(*once, when);
  once->self = once;
}

/// Precondition: mutex_ is held.
void Timers::insert(Timer& timer, SteadyTime when) {
  heap_.push_back(&timer);
  timer.when_ = when;
  timer.number_ = ++last_;
  sift_up(timer, heap_.size() - 1);
  if (!thread_.joinable()) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  } else if (when < sleeps_until_) {
    changed_.notify_one();
  }
}

void Timers::cancel(Timer& timer) noexcept {
  if (!timer.is_set()) return;  // who made it so touches it no more
  const std::lock_guard lock(mutex_);
  remove(timer);
}

void Timers::stop() {
  std::vector<std::shared_ptr<Timer>> forgotten;  // end after the lock is given back
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    while (!heap_.empty()) {
      forgotten.push_back(heap_.back()->keep());
      remove(*heap_.back());
    }
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Timers::put(Timer& timer, std::size_t place) noexcept {
  heap_[place] = &timer;
  timer.place_.store(place, std::memory_order_relaxed);
}

void Timers::sift_up(Timer& timer, std::size_t place) noexcept {
  while (place > 0) {
    Timer& parent = *heap_[(place - 1) / 2];
    if (!earlier(timer, parent)) break;
    put(parent, place);
    place = (place - 1) / 2;
  }
  put(timer, place);
}

void Timers::sift_down(Timer& timer, std::size_t place) noexcept {
  for (std::size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
    if (child + 1 < heap_.size() && earlier(*heap_[child + 1], *heap_[child])) ++child;
    if (!earlier(*heap_[child], timer)) break;
    put(*heap_[child], place);
    place = child;
  }
  put(timer, place);
}

/// Touches it for the last time. Does nothing if it is not there.
void Timers::remove(Timer& timer) noexcept {
  const std::size_t place = timer.place_.load(std::memory_order_relaxed);
  if (place == Timer::nowhere) return;
  Timer& last = *heap_.back();
  heap_.pop_back();
  if (&last != &timer) {
    if (place > 0 && earlier(last, *heap_[(place - 1) / 2]))
      sift_up(last, place);
    else
      sift_down(last, place);
  }
  timer.place_.store(Timer::nowhere, std::memory_order_release);
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
    if (heap_.empty() || std::chrono::steady_clock::now() < heap_.front()->when_) {
      sleep(lock, heap_.empty() ? SteadyTime::max() : heap_.front()->when_);
      continue;
    }
    Timer& first = *heap_.front();
    auto kept = first.keep();
    remove(first);
    if (kept == nullptr) continue;
    lock.unlock();
    kept->on_time();
    kept = nullptr;
    lock.lock();
  }
}

}  // namespace rmi
