// Levels and formats, and the sink that writes to stderr.
#include <rmi/log.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "bus/identity.hpp"
#include "bus/json.hpp"
#include "bus/log_text.hpp"
#include "bus/shorten.hpp"

namespace rmi {
namespace {

using std::chrono::system_clock;

// Stops a caller's text, which may be as long as a message, from filling the disk.
constexpr std::size_t longest_text = 4000;

constexpr std::array<std::string_view, 5> levels{"debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, 2> formats{"text", "json"};

template <class Value, std::size_t Count>
Value parse(std::string_view text, const std::array<std::string_view, Count>& words,
            std::string_view what, std::string_view expected) {
  for (std::size_t at = 0; at < Count; ++at)
    if (words[at] == text) return static_cast<Value>(at);
  throw std::invalid_argument(fmt::format("unknown {} '{}', expected {}", what, text, expected));
}

template <class Value>
Value from_environment(const char* variable, Value otherwise, Value (*parse)(std::string_view)) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return otherwise;
  try {
    return parse(text);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("${}: {}", variable, error.what()));
  }
}

/// Nothing that a terminal obeys, and no second line.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += c == '\n' ? "\\n" : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
}

}  // namespace

std::string log_text(const LogLine& line, LogFormat format, system_clock::time_point time) {
  const auto seconds = system_clock::to_time_t(time);
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto ms = static_cast<int>(since.count() % 1000);
  const std::string_view level = levels.at(static_cast<std::size_t>(line.level));
  const std::string text = shorten(line.text, longest_text);
  if (format == LogFormat::json) {
    Json json{{"time", fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms)},
              {"level", level},
              {"event", line.event},
              {"text", text}};
    if (!line.correlation.empty()) json["correlation"] = line.correlation;
    json["program"] = program_name();
    json["pid"] = process_id();
    return to_text(json) + '\n';
  }
  std::string out = fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} {:<7} {}: ", fmt::localtime(seconds),
                                ms, level, line.event);
  append_escaped(out, text);
  if (!line.correlation.empty()) {
    out += " [";
    append_escaped(out, line.correlation);
    out += ']';
  }
  return out + '\n';
}

LogSink stderr_log(LogLevel least, LogFormat format) {
  return [least, format](const LogLine& line) {
    if (line.level < least || line.level >= LogLevel::off) return;
    const std::string text = log_text(line, format, system_clock::now());
    std::fwrite(text.data(), 1, text.size(), stderr);  // locked, so that lines stay whole
  };
}

LogSink default_log(LogLevel otherwise) {
  return rate_limited(
      stderr_log(log_level_from_environment(otherwise), log_format_from_environment()));
}

LogLevel parse_log_level(std::string_view text) {
  return parse<LogLevel>(text, levels, "log level", "debug, info, warning, error or off");
}

LogFormat parse_log_format(std::string_view text) {
  return parse<LogFormat>(text, formats, "log format", "text or json");
}

LogLevel log_level_from_environment(LogLevel otherwise) {
  return from_environment("RMI_LOG", otherwise, parse_log_level);
}

LogFormat log_format_from_environment(LogFormat otherwise) {
  return from_environment("RMI_LOG_FORMAT", otherwise, parse_log_format);
}

}  // namespace rmi
