// Where the library's own lines go: one function, replaceable.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace rmi {

enum class LogLevel : std::uint8_t { debug = 0, info = 1, warning = 2, error = 3, off = 4 };
enum class LogFormat : std::uint8_t { text = 0, json = 1 };

/// Something that happened. Valid for as long as the sink runs.
struct LogLine {
  LogLevel level = LogLevel::info;
  /// What kind of thing, in words that stay the same: "method-threw". For filters and alerts.
  std::string_view event{};
  /// Who, what and why, for people. May hold what others sent, control characters included.
  std::string_view text{};
  /// Of the call that it is about (Context::correlation_id()); empty for none.
  std::string_view correlation{};
};

/// Receives one line.
/// Contract: may be called on any thread of the library, also on several at once; must not throw
/// and should not block for long, because a call may wait for it.
using LogSink = std::function<void(const LogLine&)>;

/// Writes lines of at least `least` to stderr, each as one line whatever it holds:
///   text  2026-11-24 17:20:31.123 info    name-entered: 'shop' is served by shop[4711] on alpha
///   json  {"time":"2026-11-24T16:20:31.123Z","level":"info","event":"name-entered",
///          "text":"...","correlation":"...","program":"rmi-broker","pid":4711}
/// A correlation id stands in brackets at the end of the text form, and is left out of the JSON of
/// lines without one. Texts are cut after 4000 bytes.
/// Thread safety: the sink is thread safe.
LogSink stderr_log(LogLevel least = LogLevel::warning, LogFormat format = LogFormat::text);

/// How many lines of one event go through: `burst` at once, and `per_second` in the long run.
struct LogRate {
  double per_second = 20;
  double burst = 100;
};

/// Passes lines on, but cuts floods short, so that they neither fill the disk nor hide the rest:
/// lines of an event that come faster than `rate` are counted instead, and told in a line of the
/// event "lines-left-out", at most once a second for each event, before the next line of any event
/// that goes through, and at the end of the sink at the latest. Errors are no exception: the first
/// of them say it. Lines of level debug are: who wants those wants all of them.
/// Thread safety: the sink is thread safe if `to` is.
LogSink rate_limited(LogSink to, LogRate rate = {});

/// What a Bus or a Daemon without another sink writes to: stderr_log of the level and the format
/// that the environment says, rate limited.
/// @throws std::invalid_argument  RMI_LOG or RMI_LOG_FORMAT makes no sense.
LogSink default_log(LogLevel otherwise = LogLevel::warning);

/// "debug", "info", "warning", "error", "off" -> level.
/// @throws std::invalid_argument  the text names the levels there are.
LogLevel parse_log_level(std::string_view text);

/// "text", "json" -> format.
/// @throws std::invalid_argument  the text names the formats there are.
LogFormat parse_log_format(std::string_view text);

/// The level in the environment variable RMI_LOG, else `otherwise`.
/// @throws std::invalid_argument  the text names the variable and the levels there are.
LogLevel log_level_from_environment(LogLevel otherwise = LogLevel::warning);

/// The format in the environment variable RMI_LOG_FORMAT, else `otherwise`.
/// @throws std::invalid_argument  the text names the variable and the formats there are.
LogFormat log_format_from_environment(LogFormat otherwise = LogFormat::text);

}  // namespace rmi
