// Where the library's own lines go: one function, replaceable.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace rmi {

enum class LogLevel : std::uint8_t { debug = 0, info = 1, warning = 2, error = 3, off = 4 };

/// Receives one finished line, without time and without a newline.
/// Contract: may be called on any thread of the library, also on several at once; must not throw
/// and should not block for long, because a call may wait for it.
using LogSink = std::function<void(LogLevel, std::string_view)>;

/// Writes lines of at least `least` to stderr as "2026-11-24 17:20:31.123 info  text".
/// Thread safety: the sink is thread safe.
LogSink stderr_log(LogLevel least = LogLevel::warning);

/// "debug", "info", "warning", "error", "off" -> level.
/// @throws std::invalid_argument  the text names the levels there are.
LogLevel parse_log_level(std::string_view text);

/// The level in the environment variable RMI_LOG, else `otherwise`.
LogLevel log_level_from_environment(LogLevel otherwise = LogLevel::warning);

}  // namespace rmi
