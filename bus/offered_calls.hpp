// Calls of this process that may run now and that no thread has begun.
#pragma once

#include <algorithm>
#include <deque>
#include <utility>

#include "bus/served_call.hpp"
#include "bus/streak.hpp"

namespace rmi {

/// Who begins a call without waiting for it, as a rule waits for its future soon after. To wake a
/// worker for it, which then has to wake that thread, costs many times what the call does. So, as
/// long as methods are quick and callers come, such a call is left to the thread that waits for it;
/// else a worker is asked for at once. Nobody may come after all: whoever owns this looks at what
/// has been left for longer than `too_long`, and asks for workers.
///
/// All of these have their turn already: the schedule counts them as running.
/// Thread safety: one thread at a time.
class OfferedCalls {
 public:
  /// A thread that comes does so in this time.
  static constexpr std::chrono::milliseconds too_long{2};
  /// What is done in this time costs less than to wake a worker for it, as in channel_workers.cpp.
  static constexpr std::chrono::microseconds quick{50};

  bool expects_caller() const noexcept {
    return !closed_ && caller_came_.expects_quick() && done_.expects_quick();
  }
  /// Leaves nothing to callers any more.
  void close() noexcept { closed_ = true; }
  /// Of a thread that waits: whether it may as well run the call.
  bool expects_quick() const noexcept { return done_.expects_quick(); }

  /// It is for the thread that waits for it. Precondition: expects_caller().
  void leave(Job job, SteadyTime now) { left_.push_back({std::move(job), now}); }
  /// A worker has been asked for, and comes for it or for another one.
  void offer(Job job) { asked_.push_back(std::move(job)); }

  /// For a worker that was asked for. @return null if others have begun them all.
  Job take() noexcept {
    if (asked_.empty()) return nullptr;
    Job job = std::move(asked_.front());
    asked_.pop_front();
    return job;
  }
  /// For the thread that waits for that call. @return whether it may run it.
  bool take(const ServedCall& call) noexcept {
    const auto is_it = [&](const Job& job) { return job.get() == &call; };
    const auto left = std::ranges::find_if(left_, is_it, &Left::job);
    if (left != left_.end()) return left_.erase(left), true;
    const auto asked = std::ranges::find_if(asked_, is_it);
    return asked != asked_.end() && (asked_.erase(asked), true);
  }

  /// Nobody is expected for what was left. @return for so many a worker is to be asked for.
  std::size_t give_up_waiting() {
    const std::size_t count = left_.size();
    for (Left& left : left_)
      asked_.push_back(std::move(left.job));
    left_.clear();
    return count;
  }
  bool any_left() const noexcept { return !left_.empty(); }
  /// Precondition: any_left().
  bool left_too_long(SteadyTime now) const noexcept {
    return now - left_.front().since >= too_long;
  }

  /// Whether a thread came for a call in time.
  void note_caller(bool came) noexcept { caller_came_.note(came); }
  void note_done(SteadyTime::duration took) noexcept { done_.note(took < quick); }

 private:
  struct Left {
    Job job;
    SteadyTime since;
  };
  std::deque<Left> left_;  ///< never more than threads that may run methods
  std::deque<Job> asked_;
  Streak caller_came_;
  Streak done_;
  bool closed_ = false;
};

}  // namespace rmi
