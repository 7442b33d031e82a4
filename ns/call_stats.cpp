// Buckets, and which names have their own.
#include "ns/call_stats.hpp"

#include <algorithm>
#include <bit>

namespace rmi::ns {
namespace {

// Bits that tell the buckets of one power of two apart.
constexpr std::size_t bits = 2;
constexpr std::size_t quarters = std::size_t{1} << bits;

}  // namespace

std::size_t LatencyHistogram::bucket_of(std::chrono::nanoseconds time) noexcept {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count() / 1000));
  if (us < quarters) return us;
  const auto power = static_cast<std::size_t>(std::bit_width(us)) - 1;
  const std::size_t quarter = (us >> (power - bits)) & (quarters - 1);
  return std::min((power - bits + 1) * quarters + quarter, buckets - 1);
}

std::uint64_t LatencyHistogram::longest_of(std::size_t bucket) noexcept {
  if (bucket < quarters) return bucket;
  const std::size_t shift = bucket / quarters - 1;
  return ((quarters + bucket % quarters + 1) << shift) - 1;
}

std::map<std::uint64_t, std::uint64_t> LatencyHistogram::counts() const {
  std::map<std::uint64_t, std::uint64_t> counts;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket)
    if (counts_[bucket] != 0)
      counts.emplace_hint(counts.end(), longest_of(bucket), counts_[bucket]);
  return counts;
}

std::shared_ptr<CallStats> StatsTable::of(std::string_view name) {
  if (const auto at = stats_.find(name); at != stats_.end()) return at->second;
  const bool own = stats_.size() < limit_ || name == others || name == references || make_room();
  if (!own) return of(others);
  return stats_.emplace(name, std::make_shared<CallStats>()).first->second;
}

/// Forgets names that nobody serves any more. Not at each call: a table full of names that are
/// served would be walked in vain.
bool StatsTable::make_room() {
  if (++refused_ < limit_ / 8 + 1) return false;
  refused_ = 0;
  return std::erase_if(stats_, [](const auto& entry) { return entry.second.use_count() == 1; }) !=
         0;
}

void StatsTable::visit(
    std::string_view prefix,
    const std::function<void(const std::string& name, const CallStats&)>& fn) const {
  for (auto at = stats_.lower_bound(prefix); at != stats_.end() && at->first.starts_with(prefix);
       ++at)
    fn(at->first, *at->second);
}

}  // namespace rmi::ns
