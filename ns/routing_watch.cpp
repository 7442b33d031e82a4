// Sessions that want to know when another one ends.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "ns/routing.hpp"

namespace rmi::ns {
namespace {

// A watcher that was not told would keep for ever what it holds of the other one.
constexpr auto owed_pause = std::chrono::milliseconds(100);

}  // namespace

void Routing::on_watch(Incoming& in) {
  Session& watcher = *in.session;
  const auto number = in.view.header.session;
  // The broker outlives its connections, and a session that has ended hears nothing.
  if (number == 0 || number == watcher.number) return;
  Session* watched = numbered(number);
  if (watched == nullptr) return tell_gone(in.peer, number, 0, in.now);
  if (watcher.watches.size() >= limits_.watched_sessions && !watcher.watches.contains(number)) {
    refuse_over(in, {.limit = LimitId::watched_sessions,
                     .whose = watcher.label,
                     .used = watcher.watches.size(),
                     .most = limits_.watched_sessions,
                     .consequence = fmt::format("session {} is not watched", number)});
    return;
  }
  watcher.watches.insert(number);
  watched->watchers.insert(watcher.number);
  if ((in.view.header.flags & wire::flag::whose) == 0) return;
  tell(in.peer, wire::build({.kind = wire::Kind::watch,
                             .call_id = in.view.header.call_id,
                             .registration = watched->principal->number,
                             .session = number},
                            {}, {}, 0));
}

/// The session is not found by its number any more.
void Routing::tell_watchers(Session& ended, std::uint16_t flags, Time now) {
  for (const auto number : ended.watches)
    if (Session* watched = numbered(number)) watched->watchers.erase(ended.number);
  for (const auto number : ended.watchers) {
    Session* watcher = numbered(number);
    if (watcher == nullptr) continue;
    watcher->watches.erase(ended.number);
    tell_gone(watcher->peer, ended.number, flags, now);
  }
  std::erase_if(owed_, [&](const OwedGone& owed) { return owed.watcher == ended.peer; });
}

void Routing::tell_gone(Peer watcher, std::uint32_t ended, std::uint16_t flags, Time now) {
  Frame frame =
      wire::build({.kind = wire::Kind::gone, .flags = flags, .session = ended}, {}, {}, 0);
  const auto result = transport_.send(watcher, frame);
  if (result == SendResult::gone) note_gone(watcher);
  if (result != SendResult::full) return;
  Session& session = *session_of(watcher);
  if (session.owed >= limits_.watched_sessions) {
    ++counters_.undeliverable;  // it asks for one end after the other and reads nothing
    return;
  }
  ++session.owed;
  owed_.push_back({.watcher = watcher, .ended = ended, .flags = flags, .next = now + owed_pause});
}

/// Tries again what a full queue did not take.
void Routing::tell_owed(Time now) {
  if (owed_.empty()) return;
  for (const auto& owed : std::exchange(owed_, {}))
    if (owed.next <= now) {
      --session_of(owed.watcher)->owed;
      tell_gone(owed.watcher, owed.ended, owed.flags, now);
    } else {
      owed_.push_back(owed);
    }
}

}  // namespace rmi::ns
