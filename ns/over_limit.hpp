// What is said, and counted, when a limit stands in the way.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ns/limit_table.hpp"

namespace rmi::ns {

/// What stood in the way of something.
struct OverLimit {
  LimitId limit;
  std::string_view whose;  ///< a session, a principal, or "this broker"
  std::uint64_t used = 0;
  std::uint64_t most = 0;             ///< the limit
  std::uint64_t wanted = 1;           ///< on top of what is used
  std::string_view consequence = {};  ///< "the call 'a.b' was not sent"
};

/// How often something was refused, by limit.
class LimitRefusals {
 public:
  /// Counts. @return the text of the error.
  std::string count(const OverLimit& over);
  /// The same, thrown. @throws Overloaded
  [[noreturn]] void refuse(const OverLimit& over);
  /// Counts only: the text is the caller's.
  void note(LimitId id) noexcept { ++counts_[static_cast<std::size_t>(id)]; }
  std::uint64_t of(LimitId id) const noexcept { return counts_[static_cast<std::size_t>(id)]; }
  LimitRefusals& operator+=(const LimitRefusals& other) noexcept;

 private:
  std::array<std::uint64_t, limit_count> counts_{};
};

}  // namespace rmi::ns
