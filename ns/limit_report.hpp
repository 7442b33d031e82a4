// How much of each limit is used, and by whom. Each part of the broker adds what it knows.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ns/over_limit.hpp"

namespace rmi::ns {

struct LimitReport {
  struct Use {
    std::uint64_t used = 0;
    std::string by;
    bool known = false;
  };

  /// Keeps the most.
  void add(LimitId limit, std::uint64_t used, std::string_view by) {
    Use& use = uses[static_cast<std::size_t>(limit)];
    if (use.known && use.used >= used) return;
    use = {.used = used, .by = std::string(used == 0 ? std::string_view() : by), .known = true};
  }
  const Use& of(LimitId limit) const { return uses[static_cast<std::size_t>(limit)]; }

  std::array<Use, limit_count> uses{};
  LimitRefusals refused;
};

}  // namespace rmi::ns
