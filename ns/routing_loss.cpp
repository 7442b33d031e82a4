// What the routing core does about what goes away: peers, leases, deadlines, the broker itself.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "bus/name_rules.hpp"
#include "ns/call_text.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {
namespace {

using namespace std::chrono_literals;

// After a call's caller is gone; see abandoned_time in routing_calls.cpp.
constexpr auto orphaned_time = 60s;

// Pauses between the pings of a suspect.
constexpr std::array<Duration, 4> ping_pauses{2ms, 20ms, 200ms, 1s};

/// "'a', 'b' and 3 more", or "none"
std::string names_of(const Registry::Registrations& registrations) {
  if (registrations.empty()) return "none";
  constexpr std::size_t shown = 5;
  std::string text;
  for (std::size_t at = 0; at < std::min(shown, registrations.size()); ++at)
    text += (at == 0 ? "" : ", ") + quoted(registrations[at]->name);
  if (registrations.size() > shown)
    text += fmt::format(" and {} more", registrations.size() - shown);
  return text;
}

}  // namespace

void Routing::on_gone(Peer peer, Time now) {
  gone_.push_back(peer);
  settle(now);
}

/// Does what could not be done while tables were being walked.
void Routing::settle(Time now) {
  while (!gone_.empty() || !appeared_.empty()) {
    if (!gone_.empty()) {
      const Peer peer = gone_.back();
      gone_.pop_back();
      lose(peer, "lost its connection", now);
      continue;
    }
    const auto names = std::exchange(appeared_, {});
    for (const auto& name : names)
      wake(name, now);
  }
}

void Routing::lose(Peer peer, std::string_view how, Time now) {
  const auto at = sessions_.find(peer);
  if (at == sessions_.end()) return;
  const auto node = sessions_.extract(at);  // not found any more, but alive until the end of this
  Session& session = node.mapped();
  peer_of_id_.erase(session.id);
  std::erase_if(suspects_, [&](const Suspect& suspect) { return suspect.peer == peer; });
  parked_.drop(session);
  abandon_made(session, now);
  const auto failed = session.calls_taken.size;
  fail_taken(session, how);
  const auto dropped = registry_.drop_owner(peer);
  const bool matters = !dropped.empty() || failed != 0;
  log(matters ? LogLevel::info : LogLevel::debug,
      fmt::format("{} {}; names dropped: {}; calls in flight to it: {}", session.label, how,
                  names_of(dropped), failed));
}

/// Fails all calls that are with this daemon.
void Routing::fail_taken(Session& daemon, std::string_view how) {
  while (daemon.calls_taken.first != 0) {
    const auto slot = daemon.calls_taken.first;
    const Call& call = *calls_.find(slot);
    ++counters_.lost;
    if (call.caller != nullptr)
      refuse(call.caller->peer, call.caller_number, ErrorCode::connection_lost, Outcome::unknown,
             fmt::format("{} {} while it had the call {}; the call may have run", daemon.label, how,
                         call_text(call)));
    calls_.erase(slot);
  }
}

/// Nobody waits for the calls of this caller any more; their daemons are told.
void Routing::abandon_made(Session& caller, Time now) {
  while (caller.calls_made.first != 0) {
    const auto slot = caller.calls_made.first;
    const Call& call = *calls_.find(slot);
    if (call.daemon != &caller)
      tell(call.daemon->peer, wire::build({.kind = wire::Kind::cancel,
                                           .call_id = slot,
                                           .registration = call.registration->number},
                                          {}, {}, 0));
    calls_.abandon(slot, now + orphaned_time);
  }
}

void Routing::tick(Time now) {
  last_tick_ = now;
  expire_calls(now);
  expire_leases(now);
  ping_suspects(now);
  settle(now);
}

void Routing::expire_calls(Time now) {
  calls_.expire(now, [&](std::uint64_t slot, Call& call) {
    if (call.caller != nullptr) {
      ++counters_.expired;
      refuse(call.caller->peer, call.caller_number, ErrorCode::timeout, Outcome::unknown,
             fmt::format("{} did not answer the call {} by its deadline; it may still run",
                         call.daemon->label, call_text(call)));
    }
    calls_.erase(slot);
  });
  for (const auto& call : parked_.take_expired(now)) {
    ++counters_.expired;
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - call.since);
    refuse(call.caller->peer, call.caller_number, ErrorCode::timeout, Outcome::not_executed,
           fmt::format("waited {} ms for the name {}, which nobody served; the call was not sent",
                       waited.count(), quoted(call.name)));
  }
}

void Routing::expire_leases(Time now) {
  for (const auto& lapse : registry_.expire(now)) {
    Session* session = session_of(lapse.owner);
    session->lapsed = true;
    fail_taken(*session, "did not renew its lease");
    log(LogLevel::warning, fmt::format("{} did not renew its lease; names dropped: {}",
                                       session->label, names_of(lapse.registrations)));
  }
}

void Routing::suspect(Peer peer, Time now) {
  if (session_of(peer) == nullptr) return;
  std::erase_if(suspects_, [&](const Suspect& suspect) { return suspect.peer == peer; });
  suspects_.push_back({.peer = peer, .next = now, .pings = 0});
  ping_suspects(now);
  settle(now);
}

void Routing::suspect_all(Time now) {
  suspects_.clear();
  for (const auto& [peer, session] : sessions_)
    suspects_.push_back({.peer = peer, .next = now, .pings = 0});
  ping_suspects(now);
  settle(now);
}

void Routing::ping_suspects(Time now) {
  for (auto& suspect : suspects_) {
    if (suspect.next > now) continue;
    if (is_gone(suspect.peer)) gone_.push_back(suspect.peer);
    if (suspect.pings < ping_pauses.size()) suspect.next = now + ping_pauses[suspect.pings];
    ++suspect.pings;
  }
  std::erase_if(suspects_,
                [](const Suspect& suspect) { return suspect.pings > ping_pauses.size(); });
}

bool Routing::is_gone(Peer peer) {
  Frame ping = wire::build({.kind = wire::Kind::ping}, {}, {}, 0);
  return transport_.send(peer, ping) == SendResult::gone;
}

std::optional<Time> Routing::next_timer() const {
  std::optional<Time> next = calls_.next_deadline();
  const auto consider = [&](std::optional<Time> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  consider(parked_.next_deadline());
  for (const auto& suspect : suspects_)
    consider(suspect.next);
  // Often enough that only a paused broker sees a gap of half a lease.
  if (registry_.any_lease()) consider(last_tick_ + registry_.lease() / 8);
  return next;
}

void Routing::stop(Time now) {
  for (const auto& call : parked_.take_all())
    refuse(call.caller->peer, call.caller_number, ErrorCode::draining, Outcome::not_executed,
           fmt::format("the broker stops; the call that waited for {} was not sent",
                       quoted(call.name)));
  for (auto& [peer, session] : sessions_)
    while (session.calls_taken.first != 0) {
      const auto slot = session.calls_taken.first;
      const Call& call = *calls_.find(slot);
      if (call.caller != nullptr)
        refuse(call.caller->peer, call.caller_number, ErrorCode::connection_lost, Outcome::unknown,
               fmt::format("the broker stopped while {} had the call {}; the call may have run",
                           session.label, call_text(call)));
      calls_.erase(slot);
    }
  settle(now);
}

// What the objects of the broker tell and ask.

bool Routing::answers(Owner owner) {
  if (session_of(owner) == nullptr || !is_gone(owner)) return true;
  drop_names(owner);
  gone_.push_back(owner);
  return false;
}

void Routing::drop_names(Peer peer) {
  const auto dropped = registry_.drop_owner(peer);
  if (dropped.empty()) return;
  log(LogLevel::info, fmt::format("{} lost its connection; names dropped: {}",
                                  dropped.front()->owner_text, names_of(dropped)));
}

void Routing::entered(const Registry::Entered& entered) {
  const auto& registration = *entered.registration;
  if (!entered.displaced.empty()) removed(entered.displaced, registration.owner_text);
  if (entered.renewed && entered.displaced.empty() && !registration.is_static()) return;
  appeared_.push_back(registration.name);
  log(LogLevel::info,
      registration.is_static()
          ? fmt::format("{} stands for {} now", quoted(registration.name),
                        quoted(registration.target))
          : fmt::format("{} is served by {} (registration {})", quoted(registration.name),
                        registration.owner_text, registration.number));
}

void Routing::removed(const Registry::Registrations& registrations, std::string_view by) {
  if (registrations.empty()) return;
  log(LogLevel::info, fmt::format("names removed by {}: {}", by, names_of(registrations)));
}

}  // namespace rmi::ns
