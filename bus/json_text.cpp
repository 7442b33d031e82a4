// Text forms: paths, shortened values, base64.
#include "bus/json_text.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "bus/shorten.hpp"

namespace rmi::json {

std::string describe(std::string_view subject, const Path* path) {
  std::vector<const Path*> steps;
  for (; path != nullptr; path = path->up)
    steps.push_back(path);
  std::string text;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const Path& at = **step;
    if (at.is_key) {
      text += '[' + show(Json(std::string(at.field))) + ']';
    } else if (at.field.empty()) {
      text += '[' + std::to_string(at.index) + ']';
    } else {
      if (!text.empty()) text += '.';
      text += at.field;
    }
  }
  return text.empty() ? std::string(subject) : std::string(subject) + " (" + text + ")";
}

std::string show(const Json& value) {
  if (value.is_structured() && value.size() > 20)
    return (value.is_array() ? "an array of " : "an object of ") + std::to_string(value.size());
  if (value.is_string()) {  // a dump of 60 MiB only to cut it would be a waste
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > 60)
      return Json(shorten(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return shorten(to_text(value), 80);
}

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  while (at < text.size()) {
    const unsigned lead = byte(at);
    const std::size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || text.size() - at <= more) return false;
    for (std::size_t i = 1; i <= more; ++i)
      if ((byte(at + i) & 0xC0U) != 0x80) return false;
    // Overlong forms, surrogates, and what is above U+10FFFF.
    if (lead == 0xE0 && byte(at + 1) < 0xA0) return false;
    if (lead == 0xED && byte(at + 1) >= 0xA0) return false;
    if (lead == 0xF0 && byte(at + 1) < 0x90) return false;
    if (lead == 0xF4 && byte(at + 1) >= 0x90) return false;
    at += more + 1;
  }
  return true;
}

namespace {
constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string to_base64(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i)
      group = (group << 8U) | (i < count ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= count ? digits[(group >> (18U - 6U * static_cast<unsigned>(i))) & 63U] : '=';
  }
  return text;
}

std::string from_base64(std::string_view text, std::vector<std::byte>& bytes) {
  static constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(255);
    for (std::size_t i = 0; i < digits.size(); ++i)
      table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
    return table;
  }();
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
    ++padding;
  const std::string_view content = text.substr(0, text.size() - padding);
  const auto bad = std::find_if(content.begin(), content.end(), [](char c) {
    return values[static_cast<unsigned char>(c)] == 255;
  });
  if (bad != content.end())
    return "character " + std::to_string(bad - content.begin() + 1) + " is not in the alphabet";
  if (text.size() % 4 != 0)
    return "its length " + std::to_string(text.size()) + " is no multiple of 4";
  bytes.reserve(bytes.size() + text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : content) {
    group = (group << 6U) | values[static_cast<unsigned char>(c)];
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::byte>(group >> bits));
    group &= (1U << bits) - 1U;
  }
  return group == 0 ? "" : "the bits after the last byte are not zero";
}

std::string tag(const Type& variant, std::size_t index) {
  std::string text = to_string(variant.items[index]);
  const auto same = std::count(variant.items.begin(), variant.items.end(), variant.items[index]);
  return same == 1 ? text : std::to_string(index);
}

}  // namespace rmi::json
