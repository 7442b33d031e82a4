// Checks names byte by byte; UTF-8 as in RFC 3629.
#include "bus/name_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include <rmi/limits.hpp>

namespace rmi {
namespace {

/// The first character of some text, or why there is none.
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 1;
  const char* fault = nullptr;
};

/// Bits of the code, and the least code that needs so many bytes, by what the first byte says.
struct Shape {
  std::size_t length;
  std::uint32_t bits;
  std::uint32_t least;
};

Shape shape_of(std::uint32_t first) noexcept {
  if (first < 0x80) return {1, first, 0};
  if (first >= 0xc0 && first < 0xe0) return {2, first & 0x1fU, 0x80};
  if (first >= 0xe0 && first < 0xf0) return {3, first & 0x0fU, 0x800};
  if (first >= 0xf0 && first < 0xf8) return {4, first & 0x07U, 0x10000};
  return {0, 0, 0};
}

std::uint32_t byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<unsigned char>(text[at]);
}

Character first_character(std::string_view text) noexcept {
  const Shape shape = shape_of(byte_at(text, 0));
  if (shape.length == 0) return {.fault = "a byte that begins no character"};
  std::uint32_t code = shape.bits;
  for (std::size_t at = 1; at < shape.length; ++at) {
    if (at == text.size() || (byte_at(text, at) & 0xc0U) != 0x80)
      return {.fault = "a character that is cut short"};
    code = code << 6U | (byte_at(text, at) & 0x3fU);
  }
  if (code < shape.least) return {.fault = "a character longer than needed"};
  if (code >= 0xd800 && code < 0xe000) return {.fault = "half of a surrogate pair"};
  if (code > 0x10ffff) return {.fault = "a character above U+10FFFF"};
  return {.code = code, .length = shape.length};
}

bool control(std::uint32_t code) noexcept {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

}  // namespace

std::optional<std::string> name_fault(std::string_view name, std::string_view thing) {
  if (name.empty())
    return fmt::format("the {} is empty; expected 1 to {} bytes of UTF-8", thing, max_name_length);
  if (name.size() > max_name_length)
    return fmt::format("the {} {} has {} bytes; expected 1 to {}", thing, quoted(name), name.size(),
                       max_name_length);
  for (std::size_t at = 0; at < name.size();) {
    const Character next = first_character(name.substr(at));
    if (next.fault != nullptr)
      return fmt::format("the {} {} is not UTF-8: {} (0x{:02x}) at offset {}", thing, quoted(name),
                         next.fault, byte_at(name, at), at);
    if (control(next.code))
      return fmt::format("the {} {} has a control character (U+{:04X}) at offset {}; expected none",
                         thing, quoted(name), next.code, at);
    at += next.length;
  }
  return std::nullopt;
}

bool reserved(std::string_view name) noexcept {
  return name.starts_with("rmi.");
}

bool is_plain(std::string_view name) noexcept {
  return !is_private(name) && !reserved(name) && !name.starts_with(tags_prefix);
}

bool is_private(std::string_view name) noexcept {
  return name.starts_with('@');
}

std::optional<std::uint32_t> session_of_private(std::string_view name) noexcept {
  constexpr std::size_t session_digits = 8;
  constexpr std::size_t token_digits = 16;
  constexpr std::size_t session_size = 1 + session_digits;
  const auto all_hex = [](std::string_view digits) {
    return std::all_of(digits.begin(), digits.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  };
  const bool object = name.size() == session_size + 1 + token_digits;
  if (!is_private(name) || (name.size() != session_size && !object)) return std::nullopt;
  const auto session = name.substr(1, session_digits);
  if (!all_hex(session)) return std::nullopt;
  if (object && (name[session_size] != '/' || !all_hex(name.substr(session_size + 1))))
    return std::nullopt;
  std::uint32_t number = 0;
  std::from_chars(session.data(), session.data() + session.size(), number, 16);
  return number;
}

std::string session_name(std::uint32_t session) {
  return fmt::format("@{:08x}", session);
}

std::string private_name(std::uint32_t session, std::uint64_t token) {
  return fmt::format("@{:08x}/{:016x}", session, token);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string out = "'";
  std::size_t at = 0;
  while (at < text.size()) {
    const Character next = first_character(text.substr(at));
    if (at + next.length > longest) break;
    if (next.fault != nullptr || control(next.code)) {
      for (std::size_t i = 0; i < next.length; ++i)
        out += fmt::format("\\x{:02x}", byte_at(text, at + i));
    } else {
      if (next.code == '\\' || next.code == '\'') out += '\\';
      out += text.substr(at, next.length);
    }
    at += next.length;
  }
  return out + (at < text.size() ? "...'" : "'");
}

}  // namespace rmi
