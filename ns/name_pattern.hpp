// A regular expression over names whose cost is known before it runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "ns/limits.hpp"

namespace rmi::ns {

/// ECMAScript without back references, matched against a whole name in time that grows with its
/// length times states(), never exponentially.
/// Thread safety: one thread at a time.
class NamePattern {
 public:
  /// @throws BadArguments  the pattern is malformed or too long; the text says what is wrong.
  NamePattern(std::string_view pattern, const RegistryLimits& limits);
  ~NamePattern();
  NamePattern(NamePattern&&) noexcept;
  NamePattern& operator=(NamePattern&&) noexcept;

  bool matches(std::string_view name) const;
  /// Upper bound of the states that one byte of a name may visit.
  std::uint64_t states() const noexcept { return states_; }

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
  std::uint64_t states_;
};

}  // namespace rmi::ns
