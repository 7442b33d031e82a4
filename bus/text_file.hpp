// Small files of one setting a line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace rmi {

/// Without blanks at its ends.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Calls `fn(line, number)` for each line that is neither empty nor a comment (`#`).
template <class Fn>
void for_each_line(std::string_view text, Fn&& fn) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() != '#') fn(line, number);
  }
}

}  // namespace rmi
