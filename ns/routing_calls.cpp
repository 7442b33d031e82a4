// The way of a call to whom it is for.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bus/name_rules.hpp"
#include "ns/call_text.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {
namespace {

using std::chrono::milliseconds;

/// When the broker answers for a daemon that does not: a little after the deadline, because the
/// daemon knows better whether the call was still queued, and within the margin that callers keep.
Time patience_of(const wire::Header& header, Time since) {
  const milliseconds remaining(header.remaining_ms);
  if (remaining == milliseconds(0)) return never;
  return since + remaining + std::min(remaining / 10, milliseconds(200));
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
  if (turn_away(in)) return;
  if (is_private(in.view.object)) return call_private(in);
  // A daemon may turn out to be gone only when it is sent to. Its names are dropped then, so that
  // this ends: at another registration of a shared name, or at none.
  for (;;) {
    auto resolution = registry_.resolve(in.view.object);
    const auto& to = resolution.registration;
    if (to == nullptr) return call_missing(in, resolution.name);
    if (to->owner == nobody) return call_ownerless(in, resolution);
    if (to->mode == NameMode::shared && to->name == resolution.name && !stick(in, resolution))
      return;
    Session& daemon = *session_of(to->owner);
    if (!within_limits(in, daemon) || call_daemon(in, to, daemon)) return;
    drop_names(daemon.peer);
  }
}

/// An object of the broker, a name whose owner is away, or one that stands for something else.
void Routing::call_ownerless(Incoming& in, const Registry::Resolution& resolution) {
  const auto& to = resolution.registration;
  if (to->stale) return park(in, resolution.name, true);
  if (to->is_builtin()) return call_local(in, to->name);
  refuse(in, ErrorCode::name_not_found,
         fmt::format("the name {} stands for {}, which this broker does not route to; call "
                     "that URI itself",
                     quoted(in.view.object), quoted(to->target())));
}

/// A private name needs no registry: it says itself whose it is.
void Routing::call_private(Incoming& in) {
  const auto number = session_of_private(in.view.object);
  if (!number) {
    refuse(in, ErrorCode::name_not_found,
           fmt::format("{} is no reference; expected '@' and the 8 hex digits of a session, alone "
                       "or with '/' and the 16 of an object",
                       quoted(in.view.object)));
    return;
  }
  if (*number == 0 && others_.first != nullptr) return call_elsewhere(in, in.view.object);
  if (*number == 0) return call_local(in, in.view.object);
  if (Session* callee = numbered(*number)) {
    if (callee->own == nullptr) {
      callee->own = std::make_shared<Registration>();
      callee->own->name = Text(session_name(*number));
      callee->own->owner = callee->peer;
      callee->own->owner_text = Text(callee->label);
    }
    if (!within_limits(in, *callee) || call_daemon(in, callee->own, *callee)) return;
  }
  refuse(in, ErrorCode::name_not_found,
         fmt::format("the session of the object {} has ended", quoted(in.view.object)));
}

/// Makes the resolution of a shared name the one that this caller had before, if it is to stay.
/// @return false when the call was refused.
bool Routing::stick(const Incoming& in, Registry::Resolution& resolution) {
  auto& to = resolution.registration;
  if (!to->sticky && (in.view.header.flags & wire::flag::sticky) == 0) return true;
  auto& kept = in.session->sticky;
  if (const auto at = kept.find(resolution.name); at != kept.end()) {
    if (at->second->live) {
      to = at->second;
    } else {
      at->second = to;
    }
    return true;
  }
  if (kept.size() >= limits_.sticky_per_session)
    std::erase_if(kept, [](const auto& entry) { return !entry.second->live; });
  if (kept.size() >= limits_.sticky_per_session) {
    refuse_over(in, {.limit = LimitId::sticky_names_per_session,
                     .whose = in.session->label,
                     .used = kept.size(),
                     .most = limits_.sticky_per_session,
                     .consequence = not_sent(in.view)});
    return false;
  }
  kept.emplace(resolution.name, to);
  return true;
}

/// @return false when the daemon is gone; the frame is as before then.
bool Routing::call_daemon(Incoming& in, const RegistrationPtr& to, Session& daemon) {
  Frame other;
  const bool other_name = to->number != 0 && to->object_id != in.view.object;
  if (other_name) other = readdressed(in.view, to->object_id);
  Frame& frame = other_name ? other : in.frame;
  const wire::Header& header = in.view.header;
  wire::set_registration(frame, to->number);
  wire::set_session(frame, in.session->number);
  if ((header.flags & wire::flag::oneway) != 0) return call_oneway(in, frame, *to, daemon);
  Call call;
  call.caller = in.session;
  call.daemon = &daemon;
  call.caller_number = header.call_id;
  call.registration = to;
  call.bytes = frame.size();
  call.begun = in.now;
  call.deadline = patience_of(header, in.since);
  call.method = ShortText(in.view.method);
  if (calls_.size() == 0) begin_looking(in.now);
  const auto slot = calls_.insert(std::move(call));
  wire::set_call_id(frame, slot);
  const auto result = send(daemon, frame);
  if (result == SendResult::sent) {
    ++counters_.accepted;
    ++stats_of(*to).calls;
    return true;
  }
  calls_.erase(slot);
  if (result == SendResult::gone) {
    note_gone(daemon.peer);
    return false;
  }
  refuse(in, ErrorCode::overloaded,
         fmt::format("the queue of messages to {} is full ({} calls are in flight there); the call "
                     "{} was not sent",
                     daemon.label, daemon.calls_taken.size, call_text(in.view)));
  return true;
}

CallStats& Routing::stats_of(Registration& to) {
  if (to.stats == nullptr)
    to.stats = stats_.of(to.number == 0 ? StatsTable::references : std::string_view(to.name));
  return *to.stats;
}

bool Routing::within_limits(const Incoming& in, Session& daemon) {
  const std::size_t size = in.frame.size();
  if (size > daemon.max_message) {
    refuse(in, ErrorCode::message_too_large,
           fmt::format("the call {} has {} bytes, {} takes at most {}", call_text(in.view), size,
                       daemon.label, daemon.max_message));
    return false;
  }
  if ((in.view.header.flags & wire::flag::oneway) != 0) return within_oneway_limits(in, daemon);
  const auto fits = [&](LimitId limit, std::string_view whose, std::size_t used, std::size_t most,
                        std::size_t wanted) {
    if (used + wanted <= most) return true;
    refuse_over(in, {.limit = limit,
                     .whose = whose,
                     .used = used,
                     .most = most,
                     .wanted = wanted,
                     .consequence = not_sent(in.view)});
    return false;
  };
  const Session& caller = *in.session;
  const PrincipalUsage& all = *caller.principal;
  using enum LimitId;
  return fits(calls_per_session, caller.label, caller.calls_made.size, limits_.calls_per_session,
              1) &&
         fits(bytes_per_session, caller.label, caller.bytes_made, limits_.bytes_per_session,
              size) &&
         fits(calls_per_principal, all.name, all.calls, limits_.calls_per_principal, 1) &&
         fits(bytes_per_principal, all.name, all.bytes, limits_.bytes_per_principal, size) &&
         fits(calls_per_daemon, daemon.label, daemon.calls_taken.size, limits_.calls_per_daemon,
              1) &&
         fits(bytes_per_daemon, daemon.label, daemon.bytes_taken, limits_.bytes_per_daemon, size);
}

void Routing::call_local(Incoming& in, std::string_view name) {
  ++counters_.local;
  if (in.view.object != name) {
    in.frame = readdressed(in.view, name);
    in.view = std::get<wire::View>(wire::parse(std::as_const(in.frame).bytes()));
  }
  const LocalCaller caller{.peer = in.peer,
                           .session = in.session->number,
                           .text = in.session->label,
                           .principal = in.session->origin.principal,
                           .program = in.session->program,
                           .max_message = in.session->max_message,
                           .who = in.session,
                           .now = in.now};
  auto result = local_->call(caller, in.frame);
  if (result.wait_for) return park(in, *result.wait_for, true);
  if (result.later) return;
  const bool oneway = (in.view.header.flags & wire::flag::oneway) != 0;
  if (oneway && wire::kind_of(result.answer) != wire::Kind::error) return;
  deliver(*in.session,
          {.number = in.view.header.call_id,
           .frame = result.answer,
           .object = in.view.object,
           .method = in.view.method},
          in.now);
}

}  // namespace rmi::ns
