// Call ids of calls that nobody waits for.
#pragma once

#include <atomic>
#include <cstdint>

namespace rmi {

/// Set in the call id of oneways, so that a refusal by the broker can be told from an answer.
inline constexpr std::uint64_t oneway_bit = std::uint64_t{1} << 63U;

/// Ids may repeat: they only mark a refusal.
inline std::uint64_t next_oneway_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return oneway_bit | (last.fetch_add(1, std::memory_order_relaxed) & (oneway_bit - 1));
}

}  // namespace rmi
