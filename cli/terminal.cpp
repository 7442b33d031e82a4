// Looks at the terminal, and makes text fit for it.
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "cli/failure.hpp"

namespace rmi::cli {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  ///< 0: not UTF-8
};

CodePoint next_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t bytes = lead < 0x80   ? 1
                            : lead < 0xC2 ? 0
                            : lead < 0xE0 ? 2
                            : lead < 0xF0 ? 3
                            : lead < 0xF5 ? 4
                                          : 0;
  if (bytes == 0 || bytes > text.size()) return {};
  if (bytes == 1) return {lead, 1};
  std::uint32_t value = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) return {};
    value = (value << 6U) | (next & 0x3FU);
  }
  static constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < least.at(bytes) || surrogate || value > 0x10FFFF ? CodePoint{}
                                                                  : CodePoint{value, bytes};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

bool in(const auto& ranges, std::uint32_t value) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& r) { return r.first <= value && value <= r.last; });
}

// The blocks of Unicode's EastAsianWidth.txt that are wide as a whole, and emoji.
constexpr std::array<Range, 10> wide{{{0x1100, 0x115F},
                                      {0x2E80, 0xA4CF},
                                      {0xA960, 0xA97F},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 4> combining{
    {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
// Marks that turn the direction of the text around them can hide what it says.
constexpr std::array<Range, 4> invisible{
    {{0x80, 0x9F}, {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}}};

bool colours_wanted(std::string_view when) {
  if (when == "always") return true;
  if (when == "never") return false;
  if (when != "auto")
    throw UsageError(fmt::format("--color: expected auto, always or never, got '{}'", when));
  const char* refused = std::getenv("NO_COLOR");
  return stdout_is_terminal() && (refused == nullptr || *refused == '\0');
}

}  // namespace

bool stdin_is_terminal() {
  return ::isatty(STDIN_FILENO) == 1;
}

bool stdout_is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

Palette palette(std::string_view when) {
  if (!colours_wanted(when)) return {};
  return {"\x1b[1m", "\x1b[2m", "\x1b[0m"};
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint at = next_code_point(text);
    const std::size_t bytes = std::max<std::size_t>(at.bytes, 1);
    if (at.bytes == 0) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (at.value == '\n') {
      result += "\\n";
    } else if (at.value == '\t') {
      result += "\\t";
    } else if (at.value < 0x20 || at.value == 0x7F) {
      result += fmt::format("\\x{:02x}", at.value);
    } else if (in(invisible, at.value)) {
      result += fmt::format("\\u{:04x}", at.value);
    } else {
      result += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint at = next_code_point(text);
    width += in(wide, at.value) ? 2 : in(combining, at.value) ? 0 : 1;
    text.remove_prefix(std::max<std::size_t>(at.bytes, 1));
  }
  return width;
}

}  // namespace rmi::cli
