// The thread of the timers.
#include "bus/timers.hpp"

#include "bus/signals_blocked.hpp"

#include <utility>

namespace rmi {
namespace {

// Places in the heap are below: it would need so much memory.
constexpr std::size_t in_line = static_cast<std::size_t>(-1) / 2;

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

/// Precondition: mutex_ is held. @return the next one; null if there is none.
Timer* Timers::first() const noexcept {
  Timer* first = heap_.empty() ? nullptr : heap_.front();
  for (const Line& line : lines_)
    if (line.first != nullptr && (first == nullptr || earlier(*line.first, *first)))
      first = line.first;
  return first;
}

/// Precondition: mutex_ is held.
void Timers::insert(Timer& timer, SteadyTime when) {
  timer.when_ = when;
  timer.number_ = ++last_;
  if (!join_line(timer)) {
    heap_.push_back(&timer);
    sift_up(timer, heap_.size() - 1);
  }
  if (!thread_.joinable()) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  } else if (when < sleeps_until_) {
    changed_.notify_one();
  }
}

/// Goes to the end of the line that ends closest before it, or begins one.
/// @return false if all lines end after it.
bool Timers::join_line(Timer& timer) noexcept {
  Line* best = nullptr;
  for (Line& line : lines_) {
    if (line.last == nullptr) {
      if (best == nullptr) best = &line;
    } else if (line.last->when_ <= timer.when_ &&
               (best == nullptr || best->last == nullptr || best->last->when_ < line.last->when_)) {
      best = &line;
    }
  }
  if (best == nullptr) return false;
  timer.before_ = std::exchange(best->last, &timer);
  timer.after_ = nullptr;
  (timer.before_ != nullptr ? timer.before_->after_ : best->first) = &timer;
  const auto line = static_cast<std::size_t>(best - lines_.data());
  timer.place_.store(in_line + line, std::memory_order_relaxed);
  return true;
}

void Timers::leave_line(Timer& timer, Line& line) noexcept {
  (timer.before_ != nullptr ? timer.before_->after_ : line.first) = timer.after_;
  (timer.after_ != nullptr ? timer.after_->before_ : line.last) = timer.before_;
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
    while (Timer* const timer = first()) {
      forgotten.push_back(timer->keep());
      remove(*timer);
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
  if (place >= in_line)
    leave_line(timer, lines_[place - in_line]);
  else
    leave_heap(timer, place);
  timer.place_.store(Timer::nowhere, std::memory_order_release);
}

void Timers::leave_heap(Timer& timer, std::size_t place) noexcept {
  Timer& last = *heap_.back();
  heap_.pop_back();
  if (&last != &timer) {
    if (place > 0 && earlier(last, *heap_[(place - 1) / 2]))
      sift_up(last, place);
    else
      sift_down(last, place);
  }
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
    Timer* const next = first();
    if (next == nullptr || std::chrono::steady_clock::now() < next->when_) {
      sleep(lock, next == nullptr ? SteadyTime::max() : next->when_);
      continue;
    }
    auto kept = next->keep();
    remove(*next);
    if (kept == nullptr) continue;
    lock.unlock();
    kept->on_time();
    kept = nullptr;
    lock.lock();
  }
}

}  // namespace rmi
