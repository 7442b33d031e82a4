// One text for all limits.
#include "ns/over_limit.hpp"

#include <fmt/format.h>

#include <rmi/errors.hpp>

namespace rmi::ns {

std::string LimitRefusals::count(const OverLimit& over) {
  note(over.limit);
  const LimitRule& rule = limit_rule(over.limit);
  const auto wanted =
      over.wanted == 1 ? std::string() : fmt::format(" and {} more are wanted", over.wanted);
  const auto unit = rule.unit == LimitUnit::bytes        ? " bytes"
                    : rule.unit == LimitUnit::per_second ? " a second"
                                                         : "";
  return fmt::format("over the limit {} of {}: {} of {}{} are used{}; {}", rule.name, over.whose,
                     over.used, over.most, unit, wanted, over.consequence);
}

void LimitRefusals::refuse(const OverLimit& over) {
  throw Overloaded(count(over));
}

LimitRefusals& LimitRefusals::operator+=(const LimitRefusals& other) noexcept {
  for (std::size_t at = 0; at < counts_.size(); ++at)
    counts_[at] += other.counts_[at];
  return *this;
}

}  // namespace rmi::ns
