// How calls end: answered later, refused, out of time, given up.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bus/control.hpp"
#include "bus/host.hpp"
#include "bus/oneway_id.hpp"

namespace rmi {
namespace {

double seconds(SteadyTime::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void Host::will_answer_later(ServedCall& call) {
  const std::lock_guard lock(mutex_);
  scheduler_.suspend(call);
}

void Host::answer_later(const Job& job, Frame answer) {
  if (Job next = settle(job, std::move(answer), false)) {
    connection_.submit([this, next] { run(next); });
  }
}

std::stop_token Host::stop_token(ServedCall& call) {
  const std::lock_guard lock(mutex_);
  if (!call.stop) {
    call.stop.emplace();
    if (call.cancelled || call.reported) call.stop->request_stop();
  }
  return call.stop->get_token();
}

void Host::stop_call(const Job& job) {
  std::optional<std::stop_source> stop;
  {
    const std::lock_guard lock(mutex_);
    stop = job->stop;
  }
  if (stop) stop->request_stop();
}

/// Its caller does not wait for it any more.
void Host::cancel(const Job& job) {
  stop_call(job);
  bool begun = true;
  {
    const std::lock_guard lock(mutex_);
    begun = job->state != ServedCall::State::queued;
  }
  if (!begun) report_cancelled(*job);
}

void Host::lose(const Route& route, std::uint64_t link, std::uint32_t session, bool may_return) {
  std::vector<Job> lost;
  {
    const std::lock_guard lock(mutex_);
    lost = scheduler_.cancel_all(&route, link);
    const bool for_good = link != 0 && !may_return;
    std::erase_if(lost, [&](const Job& job) {
      if (job->state != ServedCall::State::running) forget_mark(*job);
      if (!job->mark || for_good) return false;
      job->cancelled = false;  // it goes on: its caller may make it again
      return true;
    });
  }
  if (lost.empty() && session == 0) return;
  connection_.submit([this, lost = std::move(lost), session, may_return] {
    for (const Job& job : lost)
      stop_call(job);
    if (session != 0) end_session(session, may_return);
  });
}

void Host::cancel_here(const Route& route, std::uint64_t link) {
  Job job;
  {
    const std::lock_guard lock(mutex_);
    job = scheduler_.cancel(&route, link, link);
    if (job && job->state != ServedCall::State::running) forget_mark(*job);
  }
  // What the method has attached to its stop token does not run on the caller's stack.
  if (job) connection_.submit([this, job] { stop_call(job); });
}

void Host::report_cancelled(const ServedCall& call) {
  if (!call.route->to_broker() || call.reported) return;
  Frame frame = make_error({call.view.header.call_id, call.view.header.registration},
                           ErrorCode::cancelled, Outcome::unknown, {});
  call.route->answer(frame, call.link, false);
}

/// Nobody waits for it: the log is all who can be told.
void Host::log_oneway_error(const ServedCall& call, std::string_view why) {
  const std::uint64_t number = ++counters_.oneway_errors;
  log({LogLevel::warning, "oneway-failed",
       fmt::format("oneway {}.{} failed, the {}. of this process, called by {}: {}",
                   call.view.object, call.view.method, number, caller_text(call), why),
       call.correlation});
}

void Host::log_refused_oneway(const Frame& answer) const {
  const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
  if (view.header.kind != wire::Kind::error || (view.header.call_id & oneway_bit) == 0) return;
  std::string why = "with an error that makes no sense";
  try {
    why = read_error(view.payload).text;
  } catch (const DecodeError&) {
  }
  log({LogLevel::warning, "oneway-refused", "a oneway call was refused: " + why});
}

/// Answers a call that is not let in.
void Host::refuse(const ServedCall& call, ErrorCode code) {
  std::string text;
  if (code == ErrorCode::draining) {
    text = fmt::format("'{}' is shutting down in {}", call.view.object, place_.process);
  } else if (code == ErrorCode::name_not_found) {
    text = call.view.object.starts_with('@')
               ? fmt::format("the reference {} is void: {} has let its object go", call.view.object,
                             place_.process)
               : fmt::format("'{}' is not served by {}", call.view.object, place_.process);
  } else if (code == ErrorCode::connection_lost) {
    text = fmt::format(
        "'{}' in {} does not know this call: it is not the one that gave the "
        "caller its ticket, or it has dropped the reply",
        call.view.object, place_.process);
  } else {
    text = fmt::format("{} takes no more calls: {} wait already, the limit max_waiting is {}",
                       place_.process, options_.max_waiting, options_.max_waiting);
  }
  if (call.oneway()) return log_oneway_error(call, text);
  if (code == ErrorCode::overloaded)
    log({LogLevel::warning, "call-refused",
         fmt::format("{}.{} was refused, called by {}: {}", call.view.object, call.view.method,
                     caller_text(call), text),
         call.correlation});
  Frame frame = make_error({call.view.header.call_id, call.view.header.registration}, code,
                           Outcome::not_executed, text);
  call.route->answer(frame, call.link, true);
}

void Host::report_expired(const Job& job, bool running, SteadyTime now) {
  const ServedCall& call = *job;
  const std::string text = fmt::format(
      "the time of a call of '{}' is over: it was {} in {} for {:.3g} s{}", call.view.object,
      running ? "running" : "queued", place_.process, seconds(now - call.received),
      running ? " and its result will be thrown away" : " and did not run");
  if (call.oneway()) return log_oneway_error(call, text);
  const Job to = latest_attempt(job);
  Frame frame =
      make_error({to->view.header.call_id, to->view.header.registration}, ErrorCode::timeout,
                 running ? Outcome::unknown : Outcome::not_executed, text);
  to->route->answer(frame, to->link, false);
}

SteadyTime Host::expire(SteadyTime now) {
  std::vector<Scheduler::Expired> expired;
  {
    const std::lock_guard lock(mutex_);
    expired = scheduler_.expire(now);
    for (const auto& [job, running] : expired)
      if (!running) forget_mark(*job);
  }
  for (const auto& [job, running] : expired) {
    report_expired(job, running, now);
    stop_call(job);
  }
  const std::lock_guard lock(mutex_);
  // A time that was asked for stays, though its call is over: the next call, which ends later, need
  // not wake this thread again.
  const SteadyTime asked = next_wake_;
  const SteadyTime next = scheduler_.next_expiry();
  next_wake_ = asked > now ? std::min(asked, next) : next;
  return next_wake_;
}

}  // namespace rmi
