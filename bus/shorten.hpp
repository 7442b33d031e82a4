// Cuts a long text for an error message.
#pragma once

#include <string>
#include <string_view>

namespace rmi {

/// The text, or its first `limit` bytes (never half a character of UTF-8) and "...".
inline std::string shorten(std::string_view text, std::size_t limit = 60) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace rmi
