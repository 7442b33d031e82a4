// Holds end by time; draining ends with the last call, which is seen when somebody asks.
#include "ns/held_names.hpp"

#include <algorithm>

namespace rmi::ns {

void HeldNames::left(const RegistrationPtr& former, Time now) {
  served(former->name);
  const bool holds = former->hold() > Duration(0) && ends_.size() < limit_;
  if (!holds && former->in_flight == 0) return;
  if (entries_.size() >= next_sweep_) sweep();
  Entry entry{.former = former, .end = std::nullopt};
  if (holds) {
    entry.end = now + former->hold();
    ends_.emplace(*entry.end, former->name.str());
  }
  entries_.emplace(former->name.str(), std::move(entry));
}

void HeldNames::served(std::string_view name) {
  if (const auto at = entries_.find(name); at != entries_.end()) erase(at);
}

void HeldNames::erase(Entries::iterator at) {
  if (at->second.end) ends_.erase({*at->second.end, at->first});
  entries_.erase(at);
}

/// Nobody is told when the last call of a name that is not held is over.
void HeldNames::sweep() {
  std::erase_if(entries_, [](const auto& item) {
    return !item.second.end && item.second.former->in_flight == 0;
  });
  next_sweep_ = std::max<std::size_t>(64, 2 * entries_.size());
}

HeldNames::State HeldNames::state(std::string_view name) const {
  const auto at = entries_.find(name);
  if (at == entries_.end()) return State::free;
  if (at->second.end) return State::held;
  return at->second.former->in_flight != 0 ? State::draining : State::free;
}

RegistrationPtr HeldNames::former(std::string_view name) const {
  return state(name) == State::free ? nullptr : entries_.find(name)->second.former;
}

std::vector<HeldNames::Held> HeldNames::take_expired(Time now) {
  std::vector<Held> expired;
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const auto at = entries_.find(ends_.begin()->second);
    expired.push_back({.name = at->first, .former = at->second.former});
    ends_.erase(ends_.begin());
    at->second.end.reset();
    if (at->second.former->in_flight == 0) entries_.erase(at);
  }
  return expired;
}

std::optional<Time> HeldNames::next() const {
  if (ends_.empty()) return std::nullopt;
  return ends_.begin()->first;
}

}  // namespace rmi::ns
