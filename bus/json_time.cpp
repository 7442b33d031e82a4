// Durations and points in time as text, exactly.
#include <charconv>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include "bus/json_text.hpp"
#include "bus/schema_lexer.hpp"

namespace rmi::json {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t min64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t max64 = std::numeric_limits<std::int64_t>::max();

bool multiply(Wide& value, std::int64_t factor) {
  return !__builtin_mul_overflow(value, Wide{factor}, &value);
}

/// Digits after the point of a second that the type's unit has, -1 when it is no decimal fraction.
int decimals(const Type& type) {
  if (type.num != 1) return type.den == 1 ? 0 : -1;
  int count = 0;
  std::int64_t power = 1;
  for (; power < type.den && count < 18; ++count)
    power *= 10;
  return power == type.den ? count : -1;
}

std::string whole(const Type& type) {
  const auto word = schema::unit_word(type.num, type.den);
  return word.empty() ? fmt::format("{}/{} seconds", type.num, type.den) : std::string(word);
}

/// `mantissa * 10^-places * num/den` seconds as a count of the type's units.
Count scale(Wide mantissa, int places, std::int64_t num, std::int64_t den, const Type& type) {
  Wide divisor = 1;
  for (; places > 0 && mantissa % 10 == 0; --places)
    mantissa /= 10;
  bool fits = multiply(mantissa, num) && multiply(mantissa, type.den) && multiply(divisor, den) &&
              multiply(divisor, type.num);
  for (; places > 0; --places)
    fits = fits && multiply(divisor, 10);
  if (!fits) return {0, "it is out of range"};
  if (mantissa % divisor != 0) return {0, "it is no whole number of " + whole(type)};
  const Wide count = mantissa / divisor;
  if (count < min64 || count > max64) return {0, "it is out of range"};
  return {static_cast<std::int64_t>(count), ""};
}

/// Sign, digits and at most one point; at most 36 digits, so that a Wide holds them.
bool parse_decimal(std::string_view text, Wide& mantissa, int& places) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  bool point = false;
  int digits = 0;
  for (const char c : text) {
    if (c == '.' && !point && digits > 0) {
      point = true;
    } else if (c >= '0' && c <= '9' && ++digits <= 36) {
      mantissa = mantissa * 10 + (c - '0');
      places += point ? 1 : 0;
    } else {
      return false;
    }
  }
  if (negative) mantissa = -mantissa;
  return digits > 0 && !text.ends_with('.');
}

/// Reads exactly `width` digits and then `after` (if that is not 0).
bool take_digits(std::string_view& text, std::size_t width, char after, int& value) {
  const std::size_t length = width + (after == 0 ? 0 : 1);
  if (text.size() < length || (after != 0 && text[width] != after)) return false;
  value = 0;
  for (const char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(length);
  return true;
}

/// "Z", "+hh:mm" or "-hh:mm", to the end.
bool take_offset(std::string_view& text, std::int64_t& seconds) {
  if (text == "Z" || text == "z") return true;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return false;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take_digits(text, 2, ':', hours) || !take_digits(text, 2, 0, minutes)) return false;
  seconds = sign * (hours * 3600 + minutes * 60);
  return hours < 24 && minutes < 60;
}

}  // namespace

std::optional<std::string> to_iso8601(std::int64_t count, const Type& type) {
  const int places = decimals(type);
  if (places < 0) return std::nullopt;
  Wide seconds = count;
  if (!multiply(seconds, type.num)) return std::nullopt;
  Wide fraction = seconds % type.den;
  seconds /= type.den;
  if (fraction < 0) {
    fraction += type.den;
    seconds -= 1;
  }
  constexpr std::int64_t year_0 = -62167219200;
  constexpr std::int64_t year_10000 = 253402300800;
  if (seconds < year_0 || seconds >= year_10000) return std::nullopt;
  const std::chrono::sys_seconds point{std::chrono::seconds(static_cast<std::int64_t>(seconds))};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{point - day};
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
  if (fraction != 0) {
    text += fmt::format(".{:0{}}", static_cast<std::int64_t>(fraction), places);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + 'Z';
}

Count from_iso8601(std::string_view text, const Type& type) {
  const Count malformed{0, "it is no date and time"};
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take_digits(text, 4, '-', year) || !take_digits(text, 2, '-', month) ||
      !take_digits(text, 2, 0, day))
    return malformed;
  Wide fraction = 0;
  int places = 0;
  std::int64_t offset = 0;
  if (!text.empty()) {
    if (text[0] != 'T' && text[0] != 't' && text[0] != ' ') return malformed;
    text.remove_prefix(1);
    if (!take_digits(text, 2, ':', hour) || !take_digits(text, 2, ':', minute) ||
        !take_digits(text, 2, 0, second))
      return malformed;
    if (text.starts_with('.')) {
      const auto end = std::min(text.size(), text.find_first_not_of("0123456789", 1));
      if (end == 1 || end > 19 ||
          !parse_decimal("0" + std::string(text.substr(0, end)), fraction, places))
        return malformed;
      text.remove_prefix(end);
    }
    if (!take_offset(text, offset)) return {0, "it must end with Z or an offset like +01:00"};
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return {0, "there is no such time"};
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  Wide mantissa = std::int64_t{days} * 86400 + hour * 3600 + minute * 60 + second - offset;
  for (int i = 0; i < places; ++i)
    mantissa *= 10;
  return scale(mantissa + fraction, places, 1, 1, type);
}

std::optional<Quantity> parse_quantity(std::string_view text) {
  const auto end = text.find_first_not_of("+-.0123456789eE");
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  for (const auto& unit : schema::units)
    if (text.substr(end) == unit.word) return Quantity{text.substr(0, end), unit.num, unit.den};
  return std::nullopt;
}

Count to_count(const Quantity& quantity, const Type& type) {
  Wide mantissa = 0;
  int places = 0;
  if (!parse_decimal(quantity.number, mantissa, places))
    return {0, fmt::format("'{}' is no decimal number", quantity.number)};
  return scale(mantissa, places, quantity.num, quantity.den, type);
}

}  // namespace rmi::json
