// Answers on their way back, and calls that wait until somebody serves their name.
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

/// The daemon's word that a call which it was told to cancel is over.
bool says_cancelled(const wire::View& answer) {
  return answer.header.kind == wire::Kind::error && !answer.payload.empty() &&
         answer.payload.front() == static_cast<std::byte>(ErrorCode::cancelled);
}

}  // namespace

void Routing::park(Incoming& in, std::string_view name, bool asked) {
  if (stage_ != Stage::serving)
    return refuse_draining(in.peer, in.view.header.call_id,
                           fmt::format("the call that would wait for {}", quoted(name)));
  const auto fits = [&](LimitId limit, std::string_view whose, std::size_t used, std::size_t most,
                        std::size_t wanted) {
    if (used + wanted <= most) return true;
    refuse_over(in, {.limit = limit,
                     .whose = whose,
                     .used = used,
                     .most = most,
                     .wanted = wanted,
                     .consequence = fmt::format("the call {} does not wait for {}",
                                                call_text(in.view), quoted(name))});
    return false;
  };
  using enum LimitId;
  const PrincipalUsage& all = *in.session->principal;
  const std::size_t size = in.frame.size();
  if (!fits(waiting_calls, "this broker", parked_.size(), limits_.waiting_calls, 1) ||
      !fits(waiting_calls_per_session, in.session->label, in.session->parked,
            limits_.waiting_calls_per_session, 1) ||
      !fits(waiting_calls_per_principal, all.name, all.waiting_calls,
            limits_.waiting_calls_per_principal, 1) ||
      !fits(waiting_bytes, "this broker", parked_.bytes(), limits_.waiting_bytes, size) ||
      !fits(waiting_bytes_per_principal, all.name, all.waiting_bytes,
            limits_.waiting_bytes_per_principal, size))
    return;
  ++counters_.parked;
  ParkedCall call;
  call.caller = in.session;
  call.caller_number = in.view.header.call_id;
  call.name = name;
  call.asked = asked;
  call.since = in.since;
  if (in.view.header.remaining_ms != 0)
    call.deadline = in.since + milliseconds(in.view.header.remaining_ms);
  call.frame = std::move(in.frame);
  call.frame.keep();  // it may take long
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

/// What waits for tags that one object has all of now.
void Routing::wake_tagged(Time now) {
  if (parked_.size() == 0) return;
  for (const auto& name : parked_.names_with(tags_prefix))
    if (registry_.resolve(name).registration != nullptr) wake(name, now);
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
    log({LogLevel::warning, "answer-forged",
         fmt::format("{} answered a call that was not given to it so; the answer was dropped",
                     who(in.peer))});
    return;
  }
  Session* caller = call->caller;
  if (caller == nullptr) {  // nobody waits for it: all that it says is that its place is free
    if (!says_cancelled(in.view)) ++counters_.late;
    calls_.erase(slot);
    return;
  }
  CallStats& stats = stats_of(*call->registration);
  stats.latency.add(in.now - call->begun);
  if (in.view.header.kind == wire::Kind::error) ++stats.errors;
  if (deliver(*caller,
              {.number = call->caller_number,
               .frame = in.frame,
               .object = call->registration->name,
               .method = call->method.view()},
              in.now)) {
    ++counters_.replied;
  }
  calls_.erase(slot);
}

void Routing::on_cancel(Incoming& in) {
  const auto number = in.view.header.call_id;
  if (parked_.drop(*in.session, number) || (local_ != nullptr && local_->cancel(in.peer, number))) {
    ++counters_.cancelled;
    return;
  }
  const auto slot = calls_.slot_of(*in.session, number);
  if (slot == 0) return;  // the answer is on its way already
  ++counters_.cancelled;
  const Call& call = *calls_.find(slot);
  wire::set_call_id(in.frame, slot);
  wire::set_registration(in.frame, call.registration->number);
  wire::set_session(in.frame, in.session->number);
  tell(call.daemon->peer, std::move(in.frame));
  calls_.abandon(slot, in.now + abandoned_time);
}

}  // namespace rmi::ns
