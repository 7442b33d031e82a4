// Reads and prints times.
#include "cli/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "cli/failure.hpp"

namespace rmi::cli {

std::chrono::milliseconds parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 5> units{
      {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && std::isfinite(number)) {
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const auto& [name, factor] : units) {
      if (unit != name) continue;
      const double milliseconds = std::ceil(number * factor);
      if (milliseconds <= 0) throw UsageError(fmt::format("'{}' is no time to wait", text));
      const std::chrono::milliseconds longest = longest_duration;
      if (milliseconds > static_cast<double>(longest.count()))
        throw UsageError(fmt::format("'{}' is over the longest time, 168h", text));
      return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
    }
  }
  throw UsageError(fmt::format("expected a time such as 2s, 500ms or 1m, got '{}'", text));
}

std::string show_duration(std::chrono::nanoseconds time) {
  static constexpr std::array<std::pair<double, std::string_view>, 4> units{
      {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}}};
  const auto count = static_cast<double>(time.count());
  std::size_t unit = 0;
  // 999.5 would print as 1000 of the smaller unit.
  while (unit + 1 < units.size() && std::abs(count) >= 0.9995 * units.at(unit + 1).first)
    ++unit;
  const double value = count / units.at(unit).first;
  const int digits = std::abs(value) >= 99.95 || unit == 0 ? 0 : std::abs(value) >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", value, digits, units.at(unit).second);
}

}  // namespace rmi::cli
