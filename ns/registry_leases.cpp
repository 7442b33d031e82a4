// Whose registrations are whose, and for how long.
#include <algorithm>
#include <utility>

#include "ns/registry.hpp"

namespace rmi::ns {

RegistrationPtr Registry::withdraw(Owner owner, std::uint64_t number) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return nullptr;
  auto registration = lease->second.held.find(number);
  if (registration) unlink(registration, false);
  return registration;
}

Registry::Registrations Registry::drop_owner(Owner owner) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return {};
  Registrations dropped;
  lease->second.held.visit([&](const auto& registration) { dropped.push_back(registration); });
  for (const auto& registration : dropped)
    if (registration->durable)
      make_stale(registration);
    else
      unlink(registration, false);
  erase_lease(owner);
  return dropped;
}

/// Takes a registration that is being removed, or made stale, out of the lease of its owner.
void Registry::leave_lease(const RegistrationPtr& registration, bool tell_owner) {
  if (registration->owner == nobody) {
    --ownerless_;
    return;
  }
  Lease& lease = leases_.at(registration->owner);
  lease.held.erase(registration->number);
  if (lease.principal != nullptr) --lease.principal->names;
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
