// What goes in order: the broker itself, daemons that are told to, names whose owner comes back.
//
// The broker drains in two stages. First calls in flight may end, and new ones are refused, but for
// those that a peer makes which has a call in flight itself: that one may need them. Then every
// peer is told goodbye, and says so in turn after the last thing it has sent; so nothing is on the
// way to a broker that is not there any more.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bus/name_rules.hpp"
#include "ns/call_text.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

// How long to wait for the goodbye of peers. One that is stopped does not answer.
constexpr auto farewell_time = 1s;

/// A pull of a stream is no work: it waits for as long as the stream is silent.
bool is_pull(const Call& call) {
  return call.registration->number == 0 && call.method.view() == "next";
}

}  // namespace

void Routing::drain(Time now) {
  if (stage_ != Stage::serving) return;
  stage_ = Stage::draining;
  stage_end_ = now + options_.grace;
  log({LogLevel::info, "broker-drains",
       fmt::format("this broker drains; calls in flight: {}, they have {} ms to end", calls_.size(),
                   duration_cast<milliseconds>(options_.grace).count())});
  for (const auto& call : parked_.take_all())
    refuse_draining(call.caller->peer, call.caller_number,
                    fmt::format("the call that waited for {}", quoted(call.name)));
}

bool Routing::drained(Time now) {
  const bool work_left = at_work() || (others_.at_work && others_.at_work());
  if (stage_ == Stage::draining && (now >= stage_end_ || !work_left)) take_leave(now);
  return stage_ == Stage::leaving && (now >= stage_end_ || sessions_.empty());
}

bool Routing::at_work() const {
  if (local_ != nullptr && local_->at_work()) return true;
  return calls_.any([](const Call& call) { return call.caller != nullptr && !is_pull(call); });
}

/// Nobody waits for anything now, or the grace time is over.
void Routing::take_leave(Time now) {
  stage_ = Stage::leaving;
  stage_end_ = now + farewell_time;
  if (const auto cut = end_calls(); cut != 0)
    log({LogLevel::warning, "calls-cut",
         fmt::format("calls that had not ended when this broker did: {}; their callers were told",
                     cut)});
  for (const auto& [peer, session] : sessions_)
    tell(peer, wire::build({.kind = wire::Kind::bye}, {}, {}, 0));
  settle(now);
}

/// @return true when the call was refused, since this broker drains. Calls without answer are
/// never: nothing is to be waited for, and their callers would not repeat them.
bool Routing::turn_away(const Incoming& in) {
  if (stage_ == Stage::serving || (in.view.header.flags & wire::flag::oneway) != 0) return false;
  const bool own = reserved(in.view.object) || session_of_private(in.view.object) == 0U;
  if (stage_ == Stage::draining && (own || may_be_nested(*in.session))) return false;
  refuse_draining(in.peer, in.view.header.call_id, fmt::format("the call {}", call_text(in.view)));
  return true;
}

void Routing::refuse_draining(Peer peer, std::uint64_t call_id, const std::string& call) {
  refuse(peer, call_id, ErrorCode::draining, Outcome::not_executed,
         fmt::format("this broker is shutting down; {} was not sent", call));
}

void Routing::ask_to_drain(Peer daemon, std::string_view object_id) {
  tell(daemon, wire::build({.kind = wire::Kind::drain}, object_id, {}, 0));
}

std::vector<const Session*> Routing::sessions_called(std::string_view text) const {
  std::vector<const Session*> found;
  for (const auto& [peer, session] : sessions_) {
    const std::string_view label = session.label;
    if (text == label || text == label.substr(0, label.rfind(" on ")) ||
        text == std::to_string(session.number))
      found.push_back(&session);
  }
  return found;
}

void Routing::withdrawn(const RegistrationPtr& registration) {
  note_left({registration});
  removed({registration}, registration->owner_text);
}

/// These have lost their owner, and perhaps their names the last one.
void Routing::note_left(const Registry::Registrations& registrations) {
  for (const auto& former : registrations)
    if (registry_.entries(former->name).empty()) held_.left(former, last_tick_);
}

/// A call to a name that nobody serves.
void Routing::call_missing(Incoming& in, std::string_view name) {
  if (others_.first != nullptr) return call_elsewhere(in, name);
  if ((in.view.header.flags & wire::flag::wait_for_name) != 0) return park(in, name, true);
  const auto state = held_.state(name);
  if (state == HeldNames::State::held) return park(in, name, false);
  if (state == HeldNames::State::draining) return call_left(in, name);
  refuse(in, ErrorCode::name_not_found, registry_.not_found_text(name));
}

/// A call to a name whose last owner ends the calls that it has.
void Routing::call_left(const Incoming& in, std::string_view name) {
  const auto former = held_.former(name);
  refuse(in, ErrorCode::draining,
         fmt::format("{} has given the name {} back and ends the calls that it has ({}); the call "
                     "{} was not sent",
                     former->owner_text, quoted(name), former->in_flight, call_text(in.view)));
}

void Routing::expire_holds(Time now) {
  for (const auto& [name, former] : held_.take_expired(now))
    for (const auto& call : parked_.take_held(name)) {
      ++counters_.expired;
      refuse(call.caller->peer, call.caller_number, ErrorCode::name_not_found,
             Outcome::not_executed,
             fmt::format("no object is served under the name {}: it was held for {} ms after {} "
                         "had left, and nobody came; the call was not sent",
                         quoted(name), duration_cast<milliseconds>(former->hold()).count(),
                         former->owner_text));
    }
}

}  // namespace rmi::ns
