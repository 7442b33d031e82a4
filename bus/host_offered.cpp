// Calls that somebody begins in this process and may wait for later: who runs them.
#include <utility>

#include "bus/host.hpp"

namespace rmi {

using std::chrono::steady_clock;

Job Host::offer_here(Frame request, Route& route, std::uint64_t link) {
  auto job = detail::make_recycled<ServedCall>();
  job->take(std::move(request));
  job->route = &route;
  job->link = link;
  job->received = steady_clock::now();
  job->offered = options_.threads != 0;
  Intake intake;
  admit(job, intake);
  const bool has_turn = intake.job && !intake.refused && !intake.repeated && !intake.aside;
  if (!has_turn || !job->offered || !intake.runs) {
    go_on(intake, {}, job->received);
    return has_turn && job->offered ? job : nullptr;
  }
  keep_instance(intake);
  wake_for(job->expiry);
  offer(job);
  return job;
}

/// Leaves it to whoever will wait for it, or asks for a worker. Precondition: it runs now.
void Host::offer(Job job) {
  bool left = false;
  bool watch = false;
  const auto now = steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    left = offered_.expects_caller();
    watch = left && !std::exchange(offered_watched_, true);
    left ? offered_.leave(std::move(job), now) : offered_.offer(std::move(job));
  }
  if (!left) return connection_.submit([this] { run_offered(); });
  if (watch) timers_.at(now + OfferedCalls::too_long, [this] { look_after_offered(); });
}

void Host::run_offered() {
  Job job;
  {
    const std::lock_guard lock(mutex_);
    job = offered_.take();
  }
  run(std::move(job));
}

void Host::help(const Job& job) {
  bool mine = false;
  const auto now = steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    mine = offered_.expects_quick() && offered_.take(*job);
    if (mine || now - job->received < OfferedCalls::too_long) offered_.note_caller(true);
  }
  if (mine) return go_on_with(execute(job, now));
  ask_for_workers();  // it may wait for one that was left
}

void Host::expect_no_help() {
  {
    const std::lock_guard lock(mutex_);
    offered_.note_caller(false);
  }
  ask_for_workers();
}

/// On the timers' thread, while calls are left: nobody has come for them in time.
void Host::look_after_offered() {
  const auto now = steady_clock::now();
  bool again = false;
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    late = offered_.any_left() && offered_.left_too_long(now);
    again = offered_.any_left() && !late;
    offered_watched_ = again;
    if (late) offered_.note_caller(false);
  }
  if (late) ask_for_workers();
  if (again) timers_.at(now + OfferedCalls::too_long, [this] { look_after_offered(); });
}

/// For all calls that were left to callers.
void Host::ask_for_workers() {
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    count = offered_.give_up_waiting();
  }
  for (; count != 0; --count)
    connection_.submit([this] { run_offered(); });
}

}  // namespace rmi
