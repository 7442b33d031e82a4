// Times as people type and read them: "2s", "500ms".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace rmi::cli {

/// Longest time that parse_duration takes: deadlines travel as 32-bit milliseconds.
inline constexpr std::chrono::hours longest_duration{24 * 7};

/// "2s", "500ms", "1.5m", "1h", or a bare number of seconds, rounded up to whole milliseconds.
/// @throws UsageError  it is malformed, not positive, or over longest_duration.
std::chrono::milliseconds parse_duration(std::string_view text);

/// With three significant digits and the unit that fits: "184 us", "1.23 ms", "12.3 s".
std::string show_duration(std::chrono::nanoseconds time);

}  // namespace rmi::cli
