// The way of an asynchronous call that stays in its process.
#include <fmt/format.h>

#include <utility>

#include "bus/async_call.hpp"
#include "bus/for_workers.hpp"
#include "bus/host.hpp"
#include "bus/local_calls.hpp"
#include "bus/request.hpp"

namespace rmi {

/// Needs no connection once there has been a session, as a call that is waited for.
/// @return whether it is under way.
bool PendingCall::try_here() {
  if (!std::exchange(way_.in_process, false)) return false;
  const auto& returns = bus_.host().local_returns();
  if (bus_.host().own_session() != 0 && returns->early == 0) return start_here();
  early_ = returns;
  ++early_->early;
  return false;
}

/// The first session is there. @return whether the call is under way now.
bool PendingCall::try_here_now() {
  if (early_ == nullptr) return false;
  const bool started = start_here();
  end_early();
  return started;
}

void PendingCall::end_early() noexcept {
  if (const auto returns = std::exchange(early_, nullptr)) --returns->early;
}

bool PendingCall::start_here() {
  bool started = false;
  const std::string& broker = bus_.broker();
  LocalHosts::of_process().with(broker, wanted_.object, [&](Host& host) {
    const std::lock_guard lock(mutex_);  // the answer may be there before the number
    started = over_;                     // it was given up meanwhile
    if (started) return;
    Frame request = next_attempt().share();
    wire::set_remaining(request, remaining_for_server(wanted_.deadline, wanted_.timeout));
    wire::set_session(request, bus_.host().own_session());
    here_ = &host;
    auto call = host.local_calls().start(std::move(request), bus_.host().local_returns(),
                                         shared_from_this());
    id_ = call.id;
    job_here_ = std::move(call.job);
    started = id_ != 0;
  });
  return started;
}

/// Of a thread that waits for the end: runs the method itself, if that is the quickest.
void PendingCall::help_here(const detail::StateBase& state) {
  Host* here = nullptr;
  Job job;
  {
    const std::lock_guard lock(mutex_);
    here = here_;
    job = job_here_.lock();
  }
  if (here == nullptr || !job) return;
  const auto self = shared_from_this();
  const LocalReturns::Helper helper(self);
  LocalHosts::of_process().with(*here, [&](Host& host) { host.help(job); });
  job = nullptr;
  if (!helper.has_end()) return;
  const ForWorkers continuations(bus_.connection().channel_, state);
  run();
}

/// Something waits for the end that does not help.
void PendingCall::expect_no_help_here() {
  Host* here = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (id_ != 0) here = here_;
  }
  if (here != nullptr)
    LocalHosts::of_process().with(*here, [](Host& host) { host.expect_no_help(); });
}

/// The daemon or this bus has ended meanwhile.
void PendingCall::on_lost_here(Host& host, std::uint64_t id) {
  LocalHosts::of_process().with(host, [&](Host& there) { there.local_calls().abandon(id, *this); });
  if (wanted_.repeat_if_lost) {
    note_loss();
    return send();
  }
  fail(std::make_exception_ptr(ConnectionLost(
      fmt::format("the daemon or the bus ended while {}.{} was under way within this process; "
                  "whether it ran is unknown",
                  wanted_.object, wanted_.method))));
}

}  // namespace rmi
