// What the name server does not do because it is too much.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "bus/name_rules.hpp"
#include "ns/limit_report.hpp"
#include "ns/registry.hpp"

namespace rmi::ns {

void Registry::meter(const Offerer& offerer, const std::string& name, Time now) {
  const auto take = [&](LimitId limit, RateMeter& meter, std::string_view whose, std::size_t most) {
    if (meter.take(most, now)) return;
    refused_.refuse({.limit = limit,
                     .whose = whose,
                     .used = meter.per_second(most, now),
                     .most = most,
                     .consequence = fmt::format("the name {} is not entered", quoted(name))});
  };
  if (offerer.registrations != nullptr)
    take(LimitId::registrations_per_session, *offerer.registrations, offerer.text,
         limits_.registrations_per_session);
  if (offerer.principal != nullptr)
    take(LimitId::registrations_per_principal, offerer.principal->registrations,
         offerer.principal->name, limits_.registrations_per_principal);
}

void Registry::check_limits(const Offerer& offerer, const Decision& decision,
                            const NameOffer& offer, const Group* group) const {
  const auto check = [&](LimitId limit, std::string_view whose, std::size_t used,
                         std::size_t most) {
    if (used >= most)
      refused_.refuse(
          {.limit = limit,
           .whose = whose,
           .used = used,
           .most = most,
           .consequence = fmt::format("the name {} is not entered", quoted(offer.name))});
  };
  constexpr std::string_view broker = "this broker";
  const auto& former = decision.own ? decision.own : decision.returning;
  if (offer.durable && (!former || !former->durable))
    check(LimitId::durable_names, broker, durable_, limits_.durable_names);
  if (decision.own) return;
  const bool replaces = decision.returning || (offer.mode == NameMode::replace && group != nullptr);
  if (!replaces) check(LimitId::names, broker, size_, limits_.names);
  if (decision.owner == nobody) {
    if (!replaces) check(LimitId::static_names, broker, ownerless_, limits_.static_names);
    return;
  }
  const auto lease = leases_.find(decision.owner);
  check(LimitId::names_per_session, offerer.text,
        lease == leases_.end() ? 0 : lease->second.held.size(), limits_.names_per_session);
  if (offerer.principal != nullptr)
    check(LimitId::names_per_principal, offerer.principal->name, offerer.principal->names,
          limits_.names_per_principal);
}

void Registry::report_limits(LimitReport& report) const {
  report.refused += refused_;
  report.add(LimitId::names, size_, {});
  report.add(LimitId::static_names, ownerless_, {});
  report.add(LimitId::durable_names, durable_, {});
  report.add(LimitId::names_per_session, 0, {});
  for (const auto& [owner, lease] : leases_)
    if (const auto* last = lease.held.last())
      report.add(LimitId::names_per_session, lease.held.size(), last->owner_text);
}

}  // namespace rmi::ns
