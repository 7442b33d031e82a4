// The way of a call to its daemon, and of the answer back to the caller.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bus/name_rules.hpp"
#include "ns/call_text.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {
namespace {

using std::chrono::milliseconds;

// A call that nobody waits for keeps its place with the daemon, so that callers which come, call
// and go cannot fill it without bound; but not for ever, in case that the daemon drops it.
constexpr auto abandoned_time = std::chrono::seconds(60);

std::optional<Time> deadline_of(const wire::Header& header, Time since) {
  if (header.remaining_ms == 0) return std::nullopt;
  return since + milliseconds(header.remaining_ms);
}

/// When the broker answers for a daemon that does not: a little after the deadline, because the
/// daemon knows better whether the call was still queued, and within the margin that callers keep.
std::optional<Time> patience_of(const wire::Header& header, Time since) {
  auto deadline = deadline_of(header, since);
  if (deadline) *deadline += std::min(milliseconds(header.remaining_ms) / 10, milliseconds(200));
  return deadline;
}

/// The same call, addressed to the daemon's own name of the object.
Frame readdressed(const wire::View& view, std::string_view object_id) {
  Frame frame =
      wire::build(view.header, object_id, view.method, view.payload.size(), view.annotations);
  std::copy(view.payload.begin(), view.payload.end(), wire::payload_of(frame).begin());
  return frame;
}

}  // namespace

void Routing::on_call(Incoming& in) {
  if (in.view.object.empty()) {
    refuse(in, ErrorCode::bad_arguments, "the call names no object");
    return;
  }
  // A daemon may turn out to be gone only when it is sent to. Its names are dropped then, so that
  // this ends: at another registration of a shared name, or at none.
  for (;;) {
    const auto resolution = registry_.resolve(in.view.object);
    const auto& to = resolution.registration;
    if (to == nullptr) return call_missing(in, resolution.name);
    if (to->is_builtin()) return call_local(in, *to);
    if (to->is_static()) {
      refuse(in, ErrorCode::name_not_found,
             fmt::format("the name {} stands for {}, which this broker does not route to; call "
                         "that URI itself",
                         quoted(in.view.object), quoted(to->target)));
      return;
    }
    Session& daemon = *session_of(to->owner);
    if (!within_limits(in, daemon) || call_daemon(in, to, daemon)) return;
    drop_names(daemon.peer);
  }
}

/// @return false when the daemon is gone; the frame is as before then.
bool Routing::call_daemon(Incoming& in, const RegistrationPtr& to, Session& daemon) {
  Frame other;
  const bool other_name = to->object_id != in.view.object;
  if (other_name) other = readdressed(in.view, to->object_id);
  Frame& frame = other_name ? other : in.frame;
  const wire::Header& header = in.view.header;
  Call call;
  call.caller = in.session;
  call.daemon = &daemon;
  call.caller_number = header.call_id;
  call.registration = to;
  call.bytes = frame.size();
  call.deadline = patience_of(header, in.since);
  call.method = ShortText(in.view.method);
  const auto slot = calls_.insert(std::move(call));
  wire::set_call_id(frame, slot);
  wire::set_registration(frame, to->number);
  const auto result = transport_.send(daemon.peer, frame);
  if (result == SendResult::sent) {
    ++counters_.accepted;
    return true;
  }
  calls_.erase(slot);
  if (result == SendResult::gone) {
    gone_.push_back(daemon.peer);
    return false;
  }
  refuse(in, ErrorCode::overloaded,
         fmt::format("the queue of messages to {} is full ({} calls are in flight there); the call "
                     "{} was not sent",
                     daemon.label, daemon.calls_taken.size, call_text(in.view)));
  return true;
}

bool Routing::within_limits(const Incoming& in, const Session& daemon) {
  const auto over = [&](std::string_view whose, std::size_t used, std::size_t limit,
                        std::string_view what) {
    refuse(in, ErrorCode::overloaded,
           fmt::format("{} has {} {} in flight, the limit is {}; the call {} was not sent", whose,
                       used, what, limit, call_text(in.view)));
    return false;
  };
  const Session& caller = *in.session;
  const std::size_t size = in.frame.size();
  if (size > daemon.max_message) {
    refuse(in, ErrorCode::message_too_large,
           fmt::format("the call {} has {} bytes, {} takes at most {}", call_text(in.view), size,
                       daemon.label, daemon.max_message));
    return false;
  }
  if (caller.calls_made.size >= limits_.in_flight_per_caller)
    return over("the caller", caller.calls_made.size, limits_.in_flight_per_caller, "calls");
  if (caller.bytes_made + size > limits_.bytes_per_caller)
    return over("the caller", caller.bytes_made, limits_.bytes_per_caller, "bytes of calls");
  if (daemon.calls_taken.size >= limits_.in_flight_per_daemon)
    return over(daemon.label, daemon.calls_taken.size, limits_.in_flight_per_daemon, "calls");
  if (daemon.bytes_taken + size > limits_.bytes_per_daemon)
    return over(daemon.label, daemon.bytes_taken, limits_.bytes_per_daemon, "bytes of calls");
  return true;
}

void Routing::call_local(Incoming& in, const Registration& to) {
  ++counters_.local;
  if (in.view.object != to.name) {
    in.frame = readdressed(in.view, to.name);
    in.view = std::get<wire::View>(wire::parse(std::as_const(in.frame).bytes()));
  }
  const LocalCaller caller{.peer = in.peer, .text = in.session->label, .now = in.now};
  auto result = local_->call(caller, in.frame);
  if (result.wait_for) return park(in, *result.wait_for);
  if (result.answer.size() > in.session->max_message) {
    refuse(in.peer, in.view.header.call_id, ErrorCode::message_too_large, Outcome::executed,
           fmt::format("the answer to {} has {} bytes, the caller takes at most {}; ask for less",
                       call_text(in.view), result.answer.size(), in.session->max_message));
    return;
  }
  wire::set_call_id(result.answer, in.view.header.call_id);
  tell(in.peer, std::move(result.answer));
}

void Routing::call_missing(Incoming& in, std::string_view name) {
  if ((in.view.header.flags & wire::flag::wait_for_name) != 0) return park(in, name);
  refuse(in, ErrorCode::name_not_found, registry_.not_found_text(name));
}

void Routing::park(Incoming& in, std::string_view name) {
  const auto over = [&](std::string_view whose, std::size_t used, std::size_t limit,
                        std::string_view what) {
    refuse(in, ErrorCode::overloaded,
           fmt::format("{} has {} {} that wait for a name, the limit is {}; the call {} does not "
                       "wait for {}",
                       whose, used, what, limit, call_text(in.view), quoted(name)));
  };
  if (parked_.size() >= limits_.parked_calls)
    return over("this broker", parked_.size(), limits_.parked_calls, "calls");
  if (in.session->parked >= limits_.parked_per_caller)
    return over("the caller", in.session->parked, limits_.parked_per_caller, "calls");
  if (parked_.bytes() + in.frame.size() > limits_.parked_bytes)
    return over("this broker", parked_.bytes(), limits_.parked_bytes, "bytes of calls");
  ++counters_.parked;
  ParkedCall call;
  call.caller = in.session;
  call.caller_number = in.view.header.call_id;
  call.name = name;
  call.since = in.since;
  call.deadline = deadline_of(in.view.header, in.since);
  call.frame = std::move(in.frame);
  parked_.add(std::move(call));
}

void Routing::wake(std::string_view name, Time now) {
  for (auto& call : parked_.take(name)) {
    Incoming in{.peer = call.caller->peer,
                .session = call.caller,
                .frame = call.frame,
                .view = std::get<wire::View>(wire::parse(std::as_const(call.frame).bytes())),
                .now = now,
                .since = call.since};
    if (call.deadline) {
      // What is left of the time travels on; 0 would mean "no deadline".
      const auto left = std::chrono::ceil<milliseconds>(*call.deadline - now).count();
      in.view.header.remaining_ms = static_cast<std::uint32_t>(std::max<std::int64_t>(1, left));
      wire::set_remaining(call.frame, in.view.header.remaining_ms);
      in.since = now;
    }
    on_call(in);
  }
}

void Routing::on_answer(Incoming& in) {
  const auto slot = in.view.header.call_id;
  Call* call = calls_.find(slot);
  if (call == nullptr) {
    ++counters_.late;
    return;
  }
  if (call->daemon != in.session || call->registration->number != in.view.header.registration) {
    ++counters_.forged;
    return;
  }
  const Session* caller = call->caller;
  const auto number = call->caller_number;
  if (caller == nullptr) {
    ++counters_.late;
  } else if (in.frame.size() > caller->max_message) {
    refuse(caller->peer, number, ErrorCode::message_too_large, Outcome::executed,
           fmt::format("the answer to {} has {} bytes, the caller takes at most {}",
                       call_text(*call), in.frame.size(), caller->max_message));
  } else {
    ++counters_.replied;
    wire::set_call_id(in.frame, number);
    tell(caller->peer, std::move(in.frame));
  }
  calls_.erase(slot);
}

void Routing::on_cancel(Incoming& in) {
  const auto number = in.view.header.call_id;
  if (parked_.drop(*in.session, number)) {
    ++counters_.cancelled;
    return;
  }
  const auto slot = calls_.slot_of(*in.session, number);
  if (slot == 0) return;  // the answer is on its way already
  ++counters_.cancelled;
  const Call& call = *calls_.find(slot);
  wire::set_call_id(in.frame, slot);
  wire::set_registration(in.frame, call.registration->number);
  tell(call.daemon->peer, std::move(in.frame));
  calls_.abandon(slot, in.now + abandoned_time);
}

}  // namespace rmi::ns
