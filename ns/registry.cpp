// Changes to the registry: entering, removing, leases.
#include "ns/registry.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <rmi/errors.hpp>

#include "bus/name_rules.hpp"
#include "ns/offer_rules.hpp"

namespace rmi::ns {
namespace {

void fill(Registration& registration, const NameOffer& offer, std::string alias) {
  registration.object_id = offer.object_id.empty() ? offer.name : offer.object_id;
  registration.interface = offer.interface;
  registration.interface_hash = offer.interface_hash;
  registration.tags = offer.tags;
  registration.mode = offer.mode;
  registration.target = offer.target;
  registration.alias = std::move(alias);
}

/// A duration as people say it, in the largest unit that fits.
std::string in_words(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86400);
}

}  // namespace

Registry::Registry(const RegistryLimits& limits, Duration lease, std::uint64_t first_number)
    : limits_(limits), lease_time_(lease), last_number_(first_number) {}

std::variant<Registry::Entered, Registry::Taken> Registry::enter(Owner owner,
                                                                 std::string_view owner_text,
                                                                 const NameOffer& offer, Time now) {
  check_offer(offer, limits_);
  std::string alias;
  if (!offer.target.empty()) {
    owner = nobody;  // it does not die with the session that enters it
    alias = alias_of(offer.target);
    check_alias(offer, alias);
  }
  const Group* group = group_of(offer.name);
  const auto own = own_entry(group, owner);
  Registrations others;
  if (group != nullptr)
    std::copy_if(group->entries.begin(), group->entries.end(), std::back_inserter(others),
                 [&](const auto& entry) { return entry != own; });
  const bool both_share = offer.mode == NameMode::shared &&
                          std::all_of(others.begin(), others.end(), [](const auto& entry) {
                            return entry->mode == NameMode::shared;
                          });
  // Somebody else's static entry with another target is not "the same session repeating itself".
  const bool retargets = own && own->target != offer.target && offer.mode != NameMode::replace;
  if ((!others.empty() && offer.mode != NameMode::replace && !both_share) || retargets) {
    const auto& holder = retargets ? own : others.front();
    return Taken{.owner = holder->owner, .text = taken_text(*holder, offer.mode, now)};
  }
  if (!own) check_limits(owner, offer, group);

  Entered result{.registration = own, .renewed = own != nullptr, .displaced = {}};
  if (offer.mode == NameMode::replace) {
    for (const auto& other : others)
      unlink(other, true);
    result.displaced = std::move(others);
  }
  if (!own) {
    result.registration = insert(owner, owner_text, offer.name, now);
  } else if (own->owner != nobody) {
    set_lease(owner, leases_[owner], now + lease_time_);
  }
  fill(*result.registration, offer, std::move(alias));
  return result;
}

RegistrationPtr Registry::enter_builtin(std::string_view owner_text, const NameOffer& offer,
                                        Time now) {
  auto registration = insert(nobody, owner_text, offer.name, now);
  fill(*registration, offer, {});
  return registration;
}

RegistrationPtr Registry::insert(Owner owner, std::string_view owner_text, const std::string& name,
                                 Time now) {
  auto registration = std::make_shared<Registration>();
  registration->name = name;
  registration->owner = owner;
  registration->owner_text = owner_text;
  registration->number = ++last_number_;
  registration->since = now;
  const auto at = names_.try_emplace(name).first;
  at->second.entries.push_back(registration);
  lookup_.emplace(at->first, &at->second);
  ++size_;
  if (owner == nobody) {
    ++ownerless_;
  } else {
    Lease& lease = leases_[owner];
    lease.held.emplace(registration->number, registration);
    set_lease(owner, lease, now + lease_time_);
  }
  return registration;
}

void Registry::check_limits(Owner owner, const NameOffer& offer, const Group* group) const {
  const auto refuse = [&](std::size_t used, std::size_t limit, std::string_view whose) {
    throw Overloaded(fmt::format("the name {} is not entered: {} names are used of {} for {}",
                                 quoted(offer.name), used, limit, whose));
  };
  const bool replaces = offer.mode == NameMode::replace && group != nullptr;
  if (size_ >= limits_.names && !replaces) refuse(size_, limits_.names, "this broker");
  if (owner == nobody) {
    if (ownerless_ >= limits_.static_names && !replaces)
      refuse(ownerless_, limits_.static_names, "entries without a lease");
    return;
  }
  const auto lease = leases_.find(owner);
  const std::size_t held = lease == leases_.end() ? 0 : lease->second.held.size();
  if (held >= limits_.names_per_session) refuse(held, limits_.names_per_session, "this session");
}

void Registry::check_alias(const NameOffer& offer, const std::string& alias) const {
  std::string path = offer.name;
  std::string_view next = alias;
  for (std::size_t hops = 1; !next.empty(); ++hops) {
    path.append(" -> ").append(next);
    if (next == offer.name)
      throw BadArguments(
          fmt::format("the alias {} would lead back to itself: {}", quoted(offer.name), path));
    if (hops > limits_.alias_hops)
      throw BadArguments(
          fmt::format("the alias {} would be number {} in a row, the limit is {}: {}",
                      quoted(offer.name), hops, limits_.alias_hops, path));
    const Group* group = group_of(next);
    next = group == nullptr ? std::string_view() : group->entries.front()->alias;
  }
}

std::string Registry::taken_text(const Registration& holder, NameMode wanted, Time now) const {
  if (holder.is_static())
    return fmt::format("the name {} stands for {} already; use replace to change that",
                       quoted(holder.name), quoted(holder.target));
  const auto start = fmt::format("the name {} is served by {} (for {})", quoted(holder.name),
                                 holder.owner_text, in_words(now - holder.since));
  if (wanted == NameMode::shared)
    return start + ", which does not share it; use replace to take it over";
  if (holder.mode == NameMode::shared)
    return start + "; use shared to serve it too, or replace to take it over";
  return start + "; use replace to take it over, or shared in both to serve it together";
}

Registry::Registrations Registry::remove(std::string_view name) {
  check_name(name);
  const Group* group = group_of(name);
  if (group == nullptr) return {};
  const Registrations removed = group->entries;
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

RegistrationPtr Registry::withdraw(Owner owner, std::uint64_t number) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return nullptr;
  const auto held = lease->second.held.find(number);
  if (held == lease->second.held.end()) return nullptr;
  const auto registration = held->second;
  unlink(registration, false);
  return registration;
}

Registry::Registrations Registry::drop_owner(Owner owner) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return {};
  Registrations dropped;
  for (const auto& [number, registration] : lease->second.held)
    dropped.push_back(registration);
  std::sort(dropped.begin(), dropped.end(),
            [](const auto& a, const auto& b) { return a->number < b->number; });
  for (const auto& registration : dropped)
    unlink(registration, false);
  erase_lease(owner);
  return dropped;
}

/// @param tell_owner  it did not ask for this: its next renewal says so.
void Registry::unlink(const RegistrationPtr& registration, bool tell_owner) {
  const auto at = names_.find(registration->name);
  auto& entries = at->second.entries;
  entries.erase(std::find(entries.begin(), entries.end(), registration));
  if (entries.empty()) {
    lookup_.erase(at->first);
    names_.erase(at);
  }
  --size_;
  if (registration->owner == nobody) {
    --ownerless_;
    return;
  }
  Lease& lease = leases_.at(registration->owner);
  lease.held.erase(registration->number);
  if (tell_owner) lease.lost.push_back(registration->number);
  if (lease.held.empty() && lease.lost.empty()) erase_lease(registration->owner);
}

void Registry::set_lease(Owner owner, Lease& lease, Time end) {
  lease_ends_.erase({lease.end, owner});
  lease.end = end;
  lease_ends_.emplace(end, owner);
}

void Registry::erase_lease(Owner owner) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return;
  lease_ends_.erase({lease->second.end, owner});
  leases_.erase(lease);
}

Registry::Renewal Registry::renew(Owner owner, Time now) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return {};
  Renewal renewal{.held = true, .lost = std::exchange(lease->second.lost, {})};
  if (lease->second.held.empty()) {
    erase_lease(owner);
  } else {
    set_lease(owner, lease->second, now + lease_time_);
  }
  return renewal;
}

std::vector<Registry::Lapse> Registry::expire(Time now) {
  const bool paused = last_expire_ != Time{} && now - last_expire_ > lease_time_ / 2;
  last_expire_ = now;
  if (paused)
    for (auto& [owner, lease] : leases_)
      set_lease(owner, lease, now + lease_time_);
  std::vector<Lapse> lapses;
  while (!lease_ends_.empty() && lease_ends_.begin()->first <= now) {
    const Owner owner = lease_ends_.begin()->second;
    lapses.push_back({.owner = owner, .registrations = drop_owner(owner)});
  }
  return lapses;
}

}  // namespace rmi::ns
