// Counts sessions by principal, and names by the second.
#include "ns/principals.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "ns/session.hpp"

namespace rmi::ns {

double RateMeter::used_at(std::size_t per_second, Time now) const {
  const std::chrono::duration<double> passed = now - last_;
  return std::max(0.0, used_ - passed.count() * static_cast<double>(per_second));
}

bool RateMeter::take(std::size_t per_second, Time now) {
  const double used = used_at(per_second, now);
  const auto most = static_cast<double>(per_second) * burst_seconds;
  if (used + 1 > most) return false;
  used_ = used + 1;
  last_ = now;
  return true;
}

std::size_t RateMeter::per_second(std::size_t most, Time now) const {
  return static_cast<std::size_t>(std::lround(used_at(most, now) / burst_seconds));
}

std::string Principals::name_of(const Origin& origin) {
  if (origin.principal != Origin().principal) return origin.principal;
  return origin.principal + " at " + (origin.address.empty() ? "?" : origin.address);
}

const PrincipalUsage* Principals::find(std::string_view name) const {
  const auto at = usages_.find(name);
  return at == usages_.end() ? nullptr : &at->second;
}

PrincipalUsage& Principals::join(const std::string& name) {
  PrincipalUsage& usage = usages_[name];
  if (usage.sessions == 0) usage.number = ++last_;
  usage.name = name;
  ++usage.sessions;
  return usage;
}

void Principals::leave(PrincipalUsage& usage) {
  if (--usage.sessions == 0) usages_.erase(usages_.find(usage.name));
}

void Principals::visit(const std::function<void(const PrincipalUsage&)>& fn) const {
  for (const auto& [name, usage] : usages_)
    fn(usage);
}

}  // namespace rmi::ns
