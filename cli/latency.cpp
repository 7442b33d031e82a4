// Sorts times and reads percentiles off.
#include "cli/latency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "cli/duration.hpp"

namespace rmi::cli {
namespace {

std::chrono::nanoseconds nearest_rank(const std::vector<std::chrono::nanoseconds>& sorted,
                                      std::size_t percent) {
  const std::size_t rank = (percent * sorted.size() + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

double LatencySummary::calls_per_second() const {
  const double seconds = std::chrono::duration<double>(total).count();
  return seconds > 0 ? static_cast<double>(calls) / seconds : 0;
}

LatencySummary summarize(std::vector<std::chrono::nanoseconds> times,
                         std::chrono::nanoseconds total) {
  LatencySummary summary;
  summary.calls = times.size();
  summary.total = total;
  if (times.empty()) return summary;
  std::sort(times.begin(), times.end());
  summary.min = times.front();
  summary.max = times.back();
  summary.mean = std::accumulate(times.begin(), times.end(), std::chrono::nanoseconds{0}) /
                 static_cast<std::int64_t>(times.size());
  summary.p50 = nearest_rank(times, 50);
  summary.p90 = nearest_rank(times, 90);
  summary.p99 = nearest_rank(times, 99);
  return summary;
}

std::string latency_text(const LatencySummary& summary) {
  return fmt::format(
      "{} call{} in {}, {:.0f} calls/s\n"
      "min {}, mean {}, p50 {}, p90 {}, p99 {}, max {}\n",
      summary.calls, summary.calls == 1 ? "" : "s", show_duration(summary.total),
      summary.calls_per_second(), show_duration(summary.min), show_duration(summary.mean),
      show_duration(summary.p50), show_duration(summary.p90), show_duration(summary.p99),
      show_duration(summary.max));
}

}  // namespace rmi::cli
