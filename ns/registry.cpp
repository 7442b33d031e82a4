// Changes to the registry: entering and removing.
#include "ns/registry.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <rmi/errors.hpp>

#include "bus/name_rules.hpp"
#include "ns/offer_rules.hpp"

namespace rmi::ns {
namespace {

/// Whether anybody can see a difference.
bool differ(const Registration& a, const Registration& b) {
  const auto visible = [](const Registration& r) {
    return std::tie(r.object_id, r.interface, r.interface_hash, r.tags(), r.mode, r.target(),
                    r.durable, r.stale);
  };
  return visible(a) != visible(b);
}

}  // namespace

Registry::Registry(const RegistryLimits& limits, Duration lease, std::uint64_t first_number)
    : limits_(limits), lease_time_(lease), last_number_(first_number) {}

std::variant<Registry::Decision, Registry::Taken> Registry::decide(const Offerer& offerer,
                                                                   const NameOffer& offer, Time now,
                                                                   Checks checks) const {
  check_offer(offer, limits_, refused_);
  Decision decision{.owner = offerer.owner, .alias = {}, .own = {}, .returning = {}, .others = {}};
  if (!offer.target.empty()) {
    decision.owner = nobody;  // it does not die with the session that enters it
    decision.alias = alias_of(offer.target);
    if (checks == Checks::all) check_alias(offer, decision.alias);
  }
  const Group* group = group_of(offer.name);
  decision.own = own_entry(group, decision.owner);
  if (offer.target.empty()) decision.returning = stale_entry(group, offerer.holder);
  auto& others = decision.others;
  if (group != nullptr)
    std::ranges::copy_if(group->entries(), std::back_inserter(others), [&](const auto& entry) {
      return entry != decision.own && entry != decision.returning;
    });
  const bool both_share = offer.mode == NameMode::shared &&
                          std::all_of(others.begin(), others.end(), [](const auto& entry) {
                            return entry->mode == NameMode::shared && !entry->stale;
                          });
  // Somebody else's static entry with another target is not "the same session repeating itself".
  const bool retargets =
      decision.own && decision.own->target() != offer.target && offer.mode != NameMode::replace;
  if ((!others.empty() && offer.mode != NameMode::replace && !both_share) || retargets) {
    const auto& holder = retargets ? decision.own : others.front();
    return Taken{.owner = holder->owner, .text = taken_text(*holder, offer.mode, now)};
  }
  if (checks == Checks::all) check_limits(offerer, decision, offer, group);
  return decision;
}

std::variant<Registry::Entered, Registry::Taken> Registry::enter(const Offerer& offerer,
                                                                 const NameOffer& offer, Time now,
                                                                 Checks checks) {
  auto decided = decide(offerer, offer, now, checks);
  if (auto* taken = std::get_if<Taken>(&decided)) return std::move(*taken);
  auto& decision = std::get<Decision>(decided);
  Entered result{.registration = decision.own, .renewed = decision.own != nullptr, .displaced = {}};
  if (offer.mode == NameMode::replace) {
    for (const auto& other : decision.others)
      unlink(other, true);
    result.displaced = std::move(decision.others);
  }
  const auto& returning = decision.returning;
  if (returning) detach(returning, false);
  if (!decision.own) {
    if (decision.owner != nobody) leases_[decision.owner].principal = offerer.principal;
    result.registration = insert(decision.owner, offerer.text, offer.name, now);
  } else if (decision.owner != nobody) {
    set_lease(decision.owner, leases_[decision.owner], now + lease_time_);
  }
  const auto& registration = result.registration;
  const Registration former = returning ? *returning : *registration;
  rewrite(registration, [&] {
    if (decision.own && former.target() != offer.target) renumber(*registration, now);
    fill(*registration, offer, std::move(decision.alias), offerer.holder);
    if (decision.own) registration->owner_text = texts_.of(offerer.text);
    if (!returning || !returning->tags_kept || !offer.durable) return;
    registration->set_tags(returning->tags());
    registration->tags_kept = true;
  });
  if (returning) {
    report(NameEvent::changed, *registration, former.tags());
  } else if (!result.renewed) {
    report(NameEvent::entered, *registration, registration->tags());
  } else if (differ(former, *registration)) {
    report(NameEvent::changed, *registration, former.tags());
  }
  return result;
}

/// What stands under the name is another object from now on: it does not go on under the number of
/// the former, which would fence nothing.
void Registry::renumber(Registration& registration, Time now) {
  registration.number = ++last_number_;
  registration.since = now;
}

void Registry::fill(Registration& registration, const NameOffer& offer, std::string alias,
                    const Holder& holder) {
  registration.object_id = object_id(registration, object_id_of(offer));
  registration.interface = texts_.of(offer.interface);
  registration.interface_hash = offer.interface_hash;
  registration.mode = offer.mode;
  registration.sticky = offer.sticky;
  registration.direct = texts_.of(offer.direct);
  registration.durable = offer.durable;
  registration.tags_kept = false;
  registration.set_details({.tags = offer.tags,
                            .target = offer.target,
                            .alias = std::move(alias),
                            .hold = offer.hold,
                            .holder = offer.durable ? holder : Holder()});
}

/// Mostly the name itself.
Text Registry::object_id(const Registration& registration, std::string_view id) const {
  return registration.name == id ? registration.name : Text(id);
}

/// Changes what the indices and counts go by.
void Registry::rewrite(const RegistrationPtr& registration, const std::function<void()>& write) {
  by_tag_.remove(registration);
  durable_ -= registration->durable ? 1 : 0;
  write();
  durable_ += registration->durable ? 1 : 0;
  if (!registration->stale) by_tag_.add(registration);
}

void Registry::report(NameEvent what, const Registration& registration,
                      const std::set<std::string>& former_tags) const {
  for (auto* observer : observers_)
    observer->on_change(what, registration, former_tags);
}

RegistrationPtr Registry::enter_builtin(std::string_view owner_text, const NameOffer& offer,
                                        Time now) {
  auto registration = insert(nobody, owner_text, offer.name, now);
  rewrite(registration, [&] { fill(*registration, offer, {}, {}); });
  return registration;
}

RegistrationPtr Registry::insert(Owner owner, std::string_view owner_text, std::string_view name,
                                 Time now) {
  auto registration = std::make_shared<Registration>();
  auto at = names_.find(name);
  if (at == names_.end()) {
    at = names_.try_emplace(Text(name)).first;
    lookup_.insert(&*at);
  }
  at->second.add(registration);
  registration->name = at->first;
  registration->owner = owner;
  registration->owner_text = texts_.of(owner_text);
  registration->number = ++last_number_;
  registration->since = now;
  ++size_;
  if (owner == nobody) {
    ++ownerless_;
  } else {
    Lease& lease = leases_[owner];
    lease.held.add(registration);
    if (lease.principal != nullptr) ++lease.principal->names;
    set_lease(owner, lease, now + lease_time_);
  }
  return registration;
}

void Registry::check_alias(const NameOffer& offer, const std::string& alias) const {
  std::string path = offer.name;
  std::string_view next = alias;
  for (std::size_t hops = 1; !next.empty(); ++hops) {
    path.append(" -> ").append(next);
    if (next == offer.name)
      throw BadArguments(
          fmt::format("the alias {} would lead back to itself: {}", quoted(offer.name), path));
    if (hops > limits_.alias_hops) {
      refused_.note(LimitId::alias_hops);
      throw BadArguments(
          fmt::format("the alias {} would be number {} in a row, the limit alias-hops is {}: {}",
                      quoted(offer.name), hops, limits_.alias_hops, path));
    }
    const Group* group = group_of(next);
    next = group == nullptr ? std::string_view() : group->front()->alias();
  }
}

Registry::Registrations Registry::remove(std::string_view name) {
  check_name(name);
  const Group* group = group_of(name);
  if (group == nullptr) return {};
  Registrations removed(group->entries().begin(), group->entries().end());
  for (const auto& entry : removed)
    unlink(entry, true);
  return removed;
}

Registry::Registrations Registry::remove_matching(const NameFilter& filter) {
  if (filter.prefix.empty() && filter.regex.empty() && filter.tags.empty())
    throw BadArguments("an empty filter would remove every name; give a prefix, a regex or tags");
  Registrations removed;
  visit(filter, [&](const RegistrationPtr& entry) {
    if (!entry->is_builtin()) removed.push_back(entry);
  });
  for (const auto& entry : removed)
    unlink(entry, true);
  return removed;
}

/// @param tell_owner  it did not ask for this: its next renewal says so.
void Registry::unlink(const RegistrationPtr& registration, bool tell_owner) {
  report(NameEvent::removed, *registration, registration->tags());
  detach(registration, tell_owner);
}

/// Nobody is told but, if that is wanted, its owner.
void Registry::detach(const RegistrationPtr& registration, bool tell_owner) {
  const auto at = names_.find(registration->name);
  if (at->second.remove(registration)) {
    lookup_.erase(&*at);
    names_.erase(at);
  }
  by_tag_.remove(registration);
  registration->live = false;
  --size_;
  durable_ -= registration->durable ? 1 : 0;
  leave_lease(registration, tell_owner);
}

}  // namespace rmi::ns
