// Reads quantiles off the counts of a NameStats.
#include <rmi/broker_control.hpp>

#include <algorithm>
#include <cmath>

namespace rmi {

/// By nearest rank.
std::chrono::microseconds latency_quantile(const std::map<std::uint64_t, std::uint64_t>& latency_us,
                                           double share) {
  std::uint64_t total = 0;
  for (const auto& [longest, count] : latency_us)
    total += count;
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(total));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (const auto& [longest, count] : latency_us) {
    seen += count;
    if (seen >= rank) return std::chrono::microseconds(longest);
  }
  return std::chrono::microseconds(0);
}

}  // namespace rmi
