// JSON of numbers, text, enums and times.
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "bus/json_decode.hpp"
#include "bus/schema_lexer.hpp"

namespace rmi::json {
namespace {

Json real(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

/// The double with the fewest digits that still is that float, so that 0.1f prints as 0.1.
Json real(float value) {
  if (!std::isfinite(value)) return real(static_cast<double>(value));
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  double wide = 0;
  std::from_chars(std::begin(text), end, wide);
  return wide;
}

}  // namespace

bool Decoder::flag(const char* what, const Path* path) {
  const auto value = get<std::uint8_t>(path);
  if (value > 1) fail(path, fmt::format("{} must be 0 or 1, is {}", what, value));
  return value == 1;
}

Json Decoder::scalar(const Type& type, const Path* path) {
  charge(0, path);
  switch (type.kind) {
    case Kind::void_:
      return nullptr;
    case Kind::bool_:
      return flag("bool", path);
    case Kind::f32:
      return real(get<float>(path));
    case Kind::f64:
      return real(get<double>(path));
    case Kind::string:
      return text(take(count(1, path), path), path);
    case Kind::bytes: {
      const auto content = take(count(1, path), path);
      charge(content.size() / 3 * 4, path);
      return to_base64(content);
    }
    default:
      return with_integer(type.kind, [&]<class T>() { return Json(get<T>(path)); });
  }
}

Json Decoder::text(std::span<const std::byte> bytes, const Path* path) {
  const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  charge(bytes.size(), path);
  if (is_utf8(view)) return std::string(view);
  charge(bytes.size(), path);
  Json wrapped = Json::object();
  wrapped["base64"] = to_base64(bytes);
  return wrapped;
}

Json Decoder::reference(const Path* path) {
  charge(0, path);
  const auto name = take(count(1, path), path);
  return name.empty() ? Json(nullptr) : text(name, path);
}

Json Decoder::enumeration(const EnumType& body, const Path* path) {
  Type underlying;
  underlying.kind = body.underlying;
  const Json number = scalar(underlying, path);
  const bool is_bool = body.underlying == Kind::bool_;
  for (const auto& entry : body.enumerators)
    if (is_bool ? number.get<bool>() == (entry.value != 0) : number == Json(entry.value)) {
      charge(entry.name.size(), path);
      return entry.name;
    }
  return number;
}

Json Decoder::duration(const Type& type, const Path* path) {
  const Json count = scalar(type.items.front(), path);
  const auto unit = schema::unit_word(type.num, type.den);
  if (unit.empty() || count.is_string()) return count;
  return to_text(count) + std::string(unit);
}

Json Decoder::time(const Type& type, const Path* path) {
  Json count = scalar(type.items.front(), path);
  // What does not fit is far beyond the year 9999 anyway.
  if (type.name != "system" || !count.is_number_integer()) return count;
  if (count.is_number_unsigned() &&
      count.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return count;
  const auto text = to_iso8601(count.get<std::int64_t>(), type);
  return text ? Json(*text) : count;
}

}  // namespace rmi::json
