// rmi-call --repeat: one call many times, and what they took.
#pragma once

#include <cstddef>
#include <string>

#include "cli/prepared_call.hpp"

namespace rmi::cli {

inline constexpr std::size_t most_calls = 10'000'000;

/// From 1 to `most`. @throws UsageError  it is no number, or out of range.
std::size_t parse_count(const std::string& option, const std::string& text,
                        std::size_t most = most_calls);

/// Calls again and again and prints the first result and a summary; says how far it came when a
/// call fails.
void repeat(const PreparedCall& call, std::size_t count, const CallOptions& options);

}  // namespace rmi::cli
