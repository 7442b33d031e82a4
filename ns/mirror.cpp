// Follows the first lane.
#include "ns/mirror.hpp"

#include <utility>
#include <variant>

namespace rmi::ns {

Mirror::Mirror(Registry& registry, Routing& routing, PassOn pass_on)
    : registry_(registry), routing_(routing), pass_on_(std::move(pass_on)) {}

void Mirror::begun(std::uint32_t session, const SessionId& id) {
  number_of_[id] = session;
  id_of_[session] = id;
}

void Mirror::ended(std::uint32_t session, bool for_good, Time now) {
  routing_.end_session(session, for_good, now);
  if (const auto at = id_of_.find(session); at != id_of_.end()) {
    number_of_.erase(at->second);
    id_of_.erase(at);
  }
  daemons_.erase(session);
}

void Mirror::serves(std::uint32_t session) {
  daemons_.insert(session);
}

void Mirror::entered(Entry entry, Time now) {
  Known& known = entries_[entry.number];
  known.entry = std::move(entry);
  entries_of_[known.entry.session].insert(known.entry.number);
  const Session* daemon = routing_.session_numbered(known.entry.session);
  if (daemon != nullptr) enter(known, *daemon, now);
}

/// The first lane has decided about this offer already.
void Mirror::enter(Known& known, const Session& daemon, Time now) {
  NameOffer offer = known.entry.offer;
  if (offer.mode != NameMode::shared) offer.mode = NameMode::replace;
  const auto result = registry_.enter({.owner = daemon.peer, .text = daemon.label}, offer, now,
                                      Registry::Checks::planned);
  if (const auto* entered = std::get_if<Registry::Entered>(&result)) {
    known.here = entered->registration;
    routing_.entered(*entered);
  }
}

void Mirror::removed(std::uint64_t number) {
  const auto at = entries_.find(number);
  if (at == entries_.end()) return;
  const auto node = entries_.extract(at);
  const Known& known = node.mapped();
  const auto of = entries_of_.find(known.entry.session);
  of->second.erase(number);
  if (of->second.empty()) entries_of_.erase(of);
  if (!known.here || !known.here->live) return;
  const auto withdrawn = registry_.withdraw(known.here->owner, known.here->number);
  if (withdrawn) routing_.withdrawn(withdrawn);
}

std::uint32_t Mirror::in_flight(std::uint64_t number) const {
  const auto at = entries_.find(number);
  return at == entries_.end() || !at->second.here ? 0 : at->second.here->in_flight;
}

std::optional<std::uint32_t> Mirror::number_of(const SessionId& session) const {
  const auto at = number_of_.find(session);
  if (at == number_of_.end()) return std::nullopt;
  return at->second;
}

void Mirror::greeted(const Session& session, Time now) {
  const auto of = entries_of_.find(session.number);
  if (of == entries_of_.end()) return;
  for (const auto number : of->second)
    enter(entries_.at(number), session, now);
}

void Mirror::left(const Session& session) {
  const auto of = entries_of_.find(session.number);
  if (of == entries_of_.end()) return;
  for (const auto number : of->second)
    entries_.at(number).here = nullptr;
}

bool Mirror::pass_on(const Session& caller, Frame& frame) {
  return pass_on_(caller.number, frame);
}

}  // namespace rmi::ns
