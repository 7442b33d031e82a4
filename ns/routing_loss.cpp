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

// Pauses between the pings of a suspect. When thousands of connections end at once, libzmq tells of
// each one long before it takes messages to it no more: its I/O thread comes to the commands of its
// own sessions only when epoll has shown it all the other ends.
constexpr std::array<Duration, 9> ping_pauses{2ms, 20ms, 200ms, 1s, 2s, 4s, 8s, 16s, 32s};
// A broker that has ever more to receive does not wait longer for what a peer had said.
constexpr Duration last_words_time = 50ms;

}  // namespace

void Routing::on_gone(Peer peer, Time now) {
  note_gone(peer);
  settle(now);
}

void Routing::note_gone(Peer peer) {
  if (gone_.empty()) gone_since_ = last_tick_;
  gone_.push_back(peer);
}

/// Does what could not be done while tables were being walked. Peers that are gone are not lost
/// before their last words were heard.
void Routing::settle(Time now) {
  deliver_later_answers(now);
  const bool heard = transport_.all_received() || now - gone_since_ >= last_words_time;
  while (!stuck_.empty() || (heard && !gone_.empty()) || !appeared_.empty()) {
    if (!stuck_.empty()) {
      const Peer peer = stuck_.back();
      stuck_.pop_back();
      end_stuck(peer, now);
      deliver_later_answers(now);
      continue;
    }
    if (heard && !gone_.empty()) {
      const Peer peer = gone_.back();
      gone_.pop_back();
      lose(peer, "lost its connection", now);
      deliver_later_answers(now);
      continue;
    }
    const auto names = std::exchange(appeared_, {});
    for (const auto& name : names)
      wake(name, now);
    wake_tagged(now);
  }
}

/// What the broker's own objects have to say now, and had not when they were asked.
void Routing::deliver_later_answers(Time now) {
  if (local_ == nullptr) return;
  for (auto& answer : local_->take_answers(now))
    tell(answer.to, std::move(answer.frame));
}

void Routing::lose(Peer peer, std::string_view how, Time now, std::uint16_t flags) {
  const auto at = sessions_.find(peer);
  if (at == sessions_.end()) return;
  const auto node = sessions_.extract(at);  // not found any more, but alive until the end of this
  Session& session = node.mapped();
  peer_of_id_.erase(session.id);
  by_number_.erase(session.number);
  std::erase_if(suspects_, [&](const Suspect& suspect) { return suspect.peer == peer; });
  counters_.orphaned += parked_.drop(session);
  abandon_made(session, now);
  const auto failed = session.calls_taken.size;
  fail_taken(session, how);
  tell_watchers(session, flags, now);
  if (local_ != nullptr) local_->ended(peer);
  if (others_.first != nullptr) others_.first->left(session);
  if (others_.followers != nullptr)
    others_.followers->ended(session, (flags & wire::flag::farewell) != 0);
  const auto dropped = registry_.drop_owner(peer);
  note_left(dropped);
  session.principal->unread_bytes -= session.unread.unconfirmed();
  principals_.leave(*session.principal);
  const bool matters = !dropped.empty() || failed != 0;
  log({matters ? LogLevel::info : LogLevel::debug, "session-ended",
       fmt::format("{} {}; names dropped: {}; calls in flight to it: {}", session.label, how,
                   names_text(dropped), failed)});
}

/// Fails all calls that are with this daemon.
void Routing::fail_taken(Session& daemon, std::string_view how) {
  while (daemon.calls_taken.first != 0) {
    const auto slot = daemon.calls_taken.first;
    const Call& call = *calls_.find(slot);
    ++counters_.lost;
    ++stats_of(*call.registration).lost;
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
                                           .registration = call.registration->number,
                                           .session = caller.number},
                                          {}, {}, 0));
    ++counters_.orphaned;
    calls_.abandon(slot, now + orphaned_time);
  }
}

void Routing::tick(Time now) {
  last_tick_ = now;
  expire_calls(now);
  expire_leases(now);
  expire_holds(now);
  ping_suspects(now);
  tell_owed(now);
  check_readers(now);
  look_for_silent_callers(now);
  settle(now);
}

void Routing::expire_calls(Time now) {
  calls_.expire(now, [&](std::uint64_t slot, Call& call) {
    if (call.caller != nullptr) {
      ++counters_.expired;
      ++stats_of(*call.registration).expired;
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
  if (others_.first != nullptr) return;  // that one watches over them
  for (const auto& lapse : registry_.expire(now)) {
    Session* session = session_of(lapse.owner);
    session->lapsed = true;
    fail_taken(*session, "did not renew its lease");
    if (others_.followers != nullptr) others_.followers->lapsed(*session);
    note_left(lapse.registrations);
    log({LogLevel::warning, "lease-lapsed",
         fmt::format("{} did not renew its lease; names dropped: {}", session->label,
                     names_text(lapse.registrations))});
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
    if (is_gone(suspect.peer)) note_gone(suspect.peer);
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
  consider(held_.next());
  if (!gone_.empty()) consider(gone_since_ + last_words_time);
  consider(next_reader_check());
  consider(next_look());
  if (stage_ != Stage::serving) consider(stage_end_);
  for (const auto& suspect : suspects_)
    consider(suspect.next);
  for (const auto& owed : owed_)
    consider(owed.next);
  if (local_ != nullptr) consider(local_->next_answer());
  // Often enough that only a paused broker sees a gap of half a lease.
  if (others_.first == nullptr && registry_.any_lease())
    consider(last_tick_ + registry_.lease() / 8);
  return next;
}

void Routing::stop(Time now) {
  for (const auto& call : parked_.take_all())
    refuse(call.caller->peer, call.caller_number, ErrorCode::draining, Outcome::not_executed,
           fmt::format("the broker stops; the call that waited for {} was not sent",
                       quoted(call.name)));
  end_calls();
  settle(now);
}

/// Ends what is in flight. @return how many callers waited for that.
std::size_t Routing::end_calls() {
  std::size_t waited_for = 0;
  for (auto& [peer, session] : sessions_)
    while (session.calls_taken.first != 0) {
      const auto slot = session.calls_taken.first;
      const Call& call = *calls_.find(slot);
      if (call.caller != nullptr) {
        ++waited_for;
        refuse(call.caller->peer, call.caller_number, ErrorCode::connection_lost, Outcome::unknown,
               fmt::format("the broker stopped while {} had the call {}; the call may have run",
                           session.label, call_text(call)));
      }
      calls_.erase(slot);
    }
  return waited_for;
}

}  // namespace rmi::ns
