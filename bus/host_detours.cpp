// Calls that do not come over the connection: from this process, and straight from others.
#include <utility>

#include "bus/host.hpp"

namespace rmi {

using std::chrono::steady_clock;

/// Runs a call that may run now, and is let in, on this thread.
void Host::run_here(const Intake& intake, SteadyTime now) {
  keep_instance(intake);
  wake_for(intake.job->expiry);
  go_on_with(execute(intake.job, now));
}

/// This thread has other things to do: `next` is for another one.
void Host::go_on_with(Job next) {
  if (!next) return;
  if (next->offered) return offer(std::move(next));
  connection_.submit([this, next = std::move(next)] { run(next); });
}

void Host::call_here(Frame request, Route& route, std::uint64_t link, std::uint32_t session) {
  auto job = detail::make_recycled<ServedCall>();
  wire::set_session(request, session != 0 ? session : own_session_.load());
  job->take(std::move(request));
  job->route = &route;
  job->link = link;
  const auto now = steady_clock::now();
  job->received = now;
  Intake intake;
  admit(std::move(job), intake);
  if (!intake.runs) return handle(intake, now);
  run_here(intake, now);
}

void Host::take_from(Route& route, Frame frame, std::uint64_t link,
                     const MayRunHere& may_run_here) {
  Intake intake;
  const auto now = steady_clock::now();
  take_in({std::move(frame), link, now}, route, intake);
  go_on(intake, may_run_here, now);
}

void Host::go_on(Intake& intake, const MayRunHere& may_run_here, SteadyTime now) {
  if (intake.refused) return handle(intake, now);  // at once: the caller may be leaving
  const bool waits =
      intake.job && !intake.runs && !intake.repeated && !intake.for_session && !intake.aside;
  if (waits) {
    keep_instance(intake);
    if (intake.held_up) ask_for_workers();
    return wake_for(intake.job->expiry);
  }
  const bool threads = options_.threads != 0;
  if (intake.runs && threads && may_run_here && may_run_here(now)) return run_here(intake, now);
  connection_.submit([this, intake = std::move(intake)]() mutable { handle(intake); });
}

void Host::join_at_end(std::thread helper) {
  const std::lock_guard lock(mutex_);
  helpers_.push_back(std::move(helper));
}

}  // namespace rmi
