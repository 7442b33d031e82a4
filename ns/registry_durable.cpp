// Names that outlive their owners, and the broker: what changes on disk, and what comes from there.
#include <span>
#include <utility>

#include "bus/name_rules.hpp"
#include "ns/offer_rules.hpp"
#include "ns/registry.hpp"

namespace rmi::ns {
namespace {

StoredName stored(const Registration& registration) {
  return {.name = registration.name.str(),
          .object_id = registration.object_id.str(),
          .interface = registration.interface.str(),
          .interface_hash = registration.interface_hash,
          .mode = registration.mode,
          .tags = registration.tags(),
          .tags_kept = registration.tags_kept,
          .target = registration.target(),
          .holder = registration.holder(),
          .owner_text = registration.owner_text.str()};
}

StoredName stored(const Registry::Offerer& offerer, const NameOffer& offer,
                  const RegistrationPtr& returning) {
  const bool tags_kept = returning != nullptr && returning->tags_kept;
  return {.name = offer.name,
          .object_id = object_id_of(offer),
          .interface = offer.interface,
          .interface_hash = offer.interface_hash,
          .mode = offer.mode,
          .tags = tags_kept ? returning->tags() : offer.tags,
          .tags_kept = tags_kept,
          .target = offer.target,
          .holder = offerer.holder,
          .owner_text = std::string(offerer.text)};
}

/// Whether another process of the same owner is all that differs: one that starts anew must get its
/// name back from a disk that is full.
bool are_alike(StoredName former, const StoredName& now) {
  former.owner_text = now.owner_text;
  return former == now;
}

/// Whether they differ in their texts at most.
bool is_same_name(const Registration& registration, const StoredName& name) {
  return registration.durable && registration.holder() == name.holder &&
         registration.is_static() == !name.target.empty();
}

StoreChanges removal_of(std::span<const RegistrationPtr> registrations) {
  StoreChanges changes;
  for (const auto& registration : registrations)
    if (registration->durable) changes.push_back({.name = registration->name.str(), .put = {}});
  return changes;
}

}  // namespace

void Registry::write(Registration& registration, const StoredName& name) {
  registration.object_id = object_id(registration, name.object_id);
  registration.interface = texts_.of(name.interface);
  registration.interface_hash = name.interface_hash;
  registration.mode = name.mode;
  registration.tags_kept = name.tags_kept;
  registration.owner_text = texts_.of(name.owner_text);
  registration.durable = true;
  registration.set_details({.tags = name.tags,
                            .target = name.target,
                            .alias = name.target.empty() ? std::string() : alias_of(name.target),
                            .hold = registration.hold(),
                            .holder = name.holder});
}

RegistrationPtr Registry::stale_entry(const Group* group, const Holder& holder) {
  // A name that is kept has one entry.
  if (group == nullptr || !group->front()->stale) return nullptr;
  const auto& entry = group->front();
  return entry->holder() == holder ? entry : nullptr;
}

std::variant<StoreChanges, Registry::Taken> Registry::plan_enter(const Offerer& offerer,
                                                                 const NameOffer& offer, Time now,
                                                                 Checks checks) const {
  auto decided = decide(offerer, offer, now, checks);
  if (auto* taken = std::get_if<Taken>(&decided)) return std::move(*taken);
  auto& decision = std::get<Decision>(decided);
  const auto& former = decision.own ? decision.own : decision.returning;
  if (offer.durable) {
    auto put = stored(offerer, offer, decision.returning);
    if (former && former->durable && are_alike(stored(*former), put)) return StoreChanges();
    StoreChanges changes;
    changes.push_back({.name = offer.name, .put = std::move(put)});
    return changes;
  }
  if (former) decision.others.push_back(former);
  return removal_of(decision.others);
}

StoreChanges Registry::plan_remove(std::string_view name) const {
  const Group* group = group_of(name);
  return group == nullptr ? StoreChanges() : removal_of(group->entries());
}

StoreChanges Registry::plan_remove_matching(const NameFilter& filter) const {
  Registrations matching;
  visit(filter, [&](const RegistrationPtr& entry) { matching.push_back(entry); });
  return removal_of(matching);
}

StoreChanges Registry::plan_withdraw(Owner owner, std::uint64_t number) const {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return {};
  const auto held = lease->second.held.find(number);
  return held ? removal_of({&held, 1}) : StoreChanges();
}

StoreChanges Registry::plan_set_tags(std::string_view name,
                                     const std::set<std::string>& tags) const {
  check_tags(name, tags, limits_, refused_);
  const Group* group = group_of(name);
  StoreChanges changes;
  if (group == nullptr) return changes;
  for (const auto& entry : group->entries()) {
    if (!entry->durable || (entry->tags() == tags && entry->tags_kept)) continue;
    auto put = stored(*entry);
    put.tags = tags;
    put.tags_kept = true;
    changes.push_back({.name = entry->name.str(), .put = std::move(put)});
  }
  return changes;
}

Registry::Registrations Registry::apply(const StoreChanges& changes, Time now) {
  Registrations removed;
  for (const auto& change : changes) {
    const auto entries = this->entries(change.name);
    if (change.put && !entries.empty() && is_same_name(*entries.front(), *change.put)) {
      rewrite(entries.front(), *change.put, now);
      continue;
    }
    for (const auto& entry : entries)
      if (change.put || entry->durable) {
        unlink(entry, true);
        removed.push_back(entry);
      }
    if (change.put) restore(*change.put, now);
  }
  return removed;
}

/// Its owner, if it has one now, keeps it.
void Registry::rewrite(const RegistrationPtr& registration, const StoredName& name, Time now) {
  if (stored(*registration) == name) return;
  const auto former = registration->tags();
  rewrite(registration, [&] {
    if (registration->target() != name.target) renumber(*registration, now);
    write(*registration, name);
  });
  report(NameEvent::changed, *registration, former);
}

void Registry::restore(const StoredName& name, Time now) {
  const auto registration = insert(nobody, name.owner_text, name.name, now);
  rewrite(registration, [&] {
    write(*registration, name);
    registration->stale = name.target.empty();
  });
  report(NameEvent::entered, *registration, registration->tags());
}

/// Calls that its owner still has keep it: their answers are checked against its number.
void Registry::make_stale(const RegistrationPtr& registration) {
  leave_lease(registration, false);
  rewrite(registration, [&] {
    registration->owner = nobody;
    registration->stale = true;
    registration->direct = {};
  });
  ++ownerless_;
  report(NameEvent::changed, *registration, registration->tags());
}

RegistrationPtr Registry::release(Owner owner, std::uint64_t number) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return nullptr;
  auto registration = lease->second.held.find(number);
  if (!registration) return nullptr;
  if (!registration->durable) return withdraw(owner, number);
  make_stale(registration);
  return registration;
}

}  // namespace rmi::ns
