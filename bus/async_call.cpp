// The life of an asynchronous call.
#include "bus/async_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <rmi/archive.hpp>

#include "bus/exceptions.hpp"
#include "bus/frame_owner.hpp"
#include "bus/host.hpp"
#include "bus/local_calls.hpp"
#include "bus/paths.hpp"
#include "bus/reference_scope.hpp"
#include "bus/request.hpp"

namespace rmi {

using std::chrono::steady_clock;

PendingCall::PendingCall(const detail::CallTarget& target, const detail::CallMethod& method,
                         const CallSpec& spec, Way&& way, std::shared_ptr<RetriedCall> retry,
                         Frame&& request, std::shared_ptr<detail::AsyncEnd>&& end)
    : bus_(*target.bus),
      timers_(bus_.host().timers()),
      wanted_{.object = target.object,
              .method = std::string(method.name),
              .print = method.print,
              .timeout = spec.timeout,
              .deadline = *spec.deadline,
              .no_wait = spec.no_wait,
              .repeat_if_lost = spec.repeat_if_lost},
      way_(std::move(way)),
      retry_(std::move(retry)),
      connection_(way_.link ? &way_.link->connection() : &bus_.connection()),
      request_(std::move(request)),
      end_(std::move(end)),
      may_be_helped_(!way_.in_process && end_->may_be_helped()),
      gate_(bus_.connection().help_gate()) {
  awaited = !may_be_helped_;
}

PendingCall::~PendingCall() {
  end_early();
  if (is_set()) timers_.cancel(*this);
  if (!over_ && claim()) end_->fail(std::make_exception_ptr(BrokenPromise()));
}

CallSpec PendingCall::spec() const {
  CallSpec spec;
  spec.object = wanted_.object;
  spec.method = wanted_.method;
  spec.timeout = wanted_.timeout;
  spec.deadline = wanted_.deadline;
  spec.no_wait = wanted_.no_wait;
  spec.may_leave = may_leave();
  spec.repeat_if_lost = wanted_.repeat_if_lost;
  spec.retry = retry_.get();
  return spec;
}

void PendingCall::run() {
  // Whoever has it sent has written `here_` before, and nobody does again before this has ended.
  if (here_ == nullptr && answer.end == Channel::End::answered &&
      wire::kind_of(answer.frame) != wire::Kind::error)
    return on_reply();
  std::uint64_t id = 0;
  Host* here = nullptr;
  {
    const std::lock_guard lock(mutex_);
    id = std::exchange(id_, 0);
    answered_ = id != 0;
    here = here_;
  }
  if (over_) return;
  if (id == 0) return send();
  if (answer.end != Channel::End::answered)
    return here != nullptr ? on_lost_here(*here, id) : on_end(answer.end);
  if (here != nullptr && left_this_process(answer.frame)) return send();
  wire::kind_of(answer.frame) == wire::Kind::error ? on_error() : on_reply();
}

void PendingCall::on_error() {
  Connection::Verdict verdict = Connection::Verdict::again;
  try {
    verdict = connection_.load()->judge(spec(), answer.frame, link_);
  } catch (const SignatureMismatch& mismatch) {
    if (wanted_.print == nullptr) return fail(std::current_exception());
    return fail(std::make_exception_ptr(SignatureMismatch(
        fmt::format("{}, caller has {}", mismatch.what(), wanted_.print(wanted_.method)))));
  } catch (const ConnectionLost& refused) {
    const bool did_not_run = refused.outcome() == Outcome::not_executed && !may_have_run_;
    return retry_ && did_not_run ? renew() : fail(std::current_exception());
  } catch (...) {
    return fail(std::current_exception());
  }
  if (verdict == Connection::Verdict::again) return send();
  if (was_lost(answer.frame)) note_loss();
  send_later();
}

void PendingCall::on_reply() {
  if (!claim()) return;
  timers_.cancel(*this);
  end_trail(true);
  const ReferenceScope references(&bus_.host());
  try {
    FrameOwner owner(answer.frame);
    end_->reply(wire::payload_of(answer.frame), &owner);
  } catch (const DecodeError& error) {
    end_->fail(std::make_exception_ptr(
        ProtocolError(fmt::format("{}.{} ran, but its result cannot be decoded: {}", wanted_.object,
                                  wanted_.method, error.what()),
                      Outcome::executed)));
  } catch (...) {
    end_->fail(std::current_exception());
  }
}

void PendingCall::on_end(Channel::End end) {
  if (end == Channel::End::lost && wanted_.repeat_if_lost) {
    note_loss();
    return send();
  }
  fail_with([&] { connection_.load()->throw_end(spec(), end); });
}

/// The object is not the one that gave the ticket: asks this one, on this worker's thread.
void PendingCall::renew() noexcept {
  try {
    retry_->renew();
  } catch (...) {
    return fail(std::current_exception());
  }
  send();
}

void PendingCall::send_later() {
  const SteadyTime when = steady_clock::now() + draining_pause;
  if (when >= wanted_.deadline)
    return fail_with([&] { throw_error(read_error(wire::payload_of(answer.frame))); });
  {
    const std::lock_guard lock(mutex_);
    answered_ = false;
  }
  // Nobody else has the call until then.
  timers_.at(when, [call = shared_from_this()] {
    call->connection_.load()->submit([call] { call->send(); });
  });
}

/// The deadline.
void PendingCall::on_time() {
  if (!claim()) return;
  connection_.load()->submit([self = shared_from_this(), sent = give_up()] {
    try {
      if (sent) self->connection_.load()->throw_end(self->spec(), Channel::End::timed_out);
      self->connection_.load()->throw_not_connected(self->spec());
    } catch (...) {
      self->end_->fail(self->as_it_stands(std::current_exception()));
    }
  });
}

void PendingCall::cancel() noexcept {
  if (!claim()) return;
  timers_.cancel(*this);
  give_up();
}

/// Nobody wants the answer any more. @return whether an attempt was under way, or has just ended.
bool PendingCall::give_up() noexcept {
  std::uint64_t id = 0;
  Link link = 0;
  Host* here = nullptr;
  Connection* connection = nullptr;
  bool answered = false;
  {
    const std::lock_guard lock(mutex_);
    id = std::exchange(id_, 0);
    answered = answered_;
    link = link_;
    connection = connection_;
    here = here_;
  }
  end_trail(false);
  if (id == 0) return answered;
  if (here != nullptr) {
    LocalHosts::of_process().with(*here,
                                  [&](Host& host) { host.local_calls().abandon(id, *this); });
  } else if (connection->channel_.abandon(id)) {
    connection->give_up(id, link);
  }
  return true;
}

void PendingCall::fail(std::exception_ptr error) noexcept {
  if (may_leave() && leave_link(error)) return;
  if (!claim()) return;
  timers_.cancel(*this);
  end_trail(false);
  end_->fail(as_it_stands(std::move(error)));
}

/// What comes after it need not go after it any more. To be called by whoever ends the call.
void PendingCall::end_trail(bool answered) noexcept {
  if (!way_.link && !way_.trail) return;  // as a rule; nobody else touches it then
  std::shared_ptr<LaneTrails::Call> trail;
  {
    const std::lock_guard lock(mutex_);
    trail.swap(way_.trail);
  }
  if (trail && answered) trail->answered();
}

/// It goes over a link, and may take the way through the broker instead.
bool PendingCall::may_leave() const noexcept {
  return way_.may_leave && way_.link && connection_ == &way_.link->connection();
}

/// @return whether the call has gone to the broker, because nothing takes it at the link.
bool PendingCall::leave_link(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const Error& refused) {
    if (!leads_to_broker(*connection_, spec(), refused)) return false;
  } catch (...) {
    return false;
  }
  bus_.direct().forget(wanted_.object);
  auto trail = bus_.direct().trail(wanted_.object, false);
  {
    const std::lock_guard lock(mutex_);
    connection_ = &bus_.connection();
    way_.trail = std::move(trail);
  }
  way_.link->connection().channel_.wake_helper();
  if (over_) end_trail(false);  // it was given up meanwhile
  send();
  return true;
}

std::exception_ptr PendingCall::as_it_stands(std::exception_ptr error) const noexcept {
  return may_have_run_ ? in_doubt(std::move(error)) : error;
}

template <class Act>
void PendingCall::fail_with(Act&& act) noexcept {
  try {
    act();
  } catch (...) {
    fail(std::current_exception());
  }
}

}  // namespace rmi
