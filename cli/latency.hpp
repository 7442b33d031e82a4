// What many calls took: the summary of rmi-call --repeat.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace rmi::cli {

struct LatencySummary {
  std::size_t calls = 0;
  std::chrono::nanoseconds total{0};  ///< from the first send to the last reply
  std::chrono::nanoseconds min{0};
  std::chrono::nanoseconds mean{0};
  std::chrono::nanoseconds p50{0};
  std::chrono::nanoseconds p90{0};
  std::chrono::nanoseconds p99{0};
  std::chrono::nanoseconds max{0};

  double calls_per_second() const;
};

/// Percentiles by nearest rank: p99 is the smallest time that 99 % of the calls did not exceed.
LatencySummary summarize(std::vector<std::chrono::nanoseconds> times,
                         std::chrono::nanoseconds total);

/// Two lines for people.
std::string latency_text(const LatencySummary& summary);

}  // namespace rmi::cli
