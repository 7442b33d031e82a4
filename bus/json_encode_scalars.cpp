// Payload bytes of numbers, text, enums and times.
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "bus/json_encode.hpp"
#include "bus/schema_lexer.hpp"

namespace rmi::json {
namespace {

// Above it not every integer is a double, so a number with an exponent may not be what was meant.
constexpr double exact_double = 9007199254740992.0;

std::string range_of(Kind kind) {
  return with_integer(kind, [kind]<class T>() {
    return fmt::format("{} ({} to {})", schema::word(kind), std::numeric_limits<T>::min(),
                       std::numeric_limits<T>::max());
  });
}

std::vector<std::string> names_of(const EnumType& body) {
  std::vector<std::string> names;
  for (const auto& entry : body.enumerators)
    names.push_back(entry.name);
  return names;
}

std::string choices(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 8; ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > 8 ? text + ", ..." : text;
}

std::optional<double> special(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

}  // namespace

void Encoder::integer(const Json& value, Kind kind, const Type& shown, const Path* path) {
  if (kind == Kind::bool_) {
    if (!value.is_boolean()) mismatch(path, shown, value);
    return put<std::uint8_t>(value.get<bool>() ? 1 : 0);
  }
  if (!value.is_number()) mismatch(path, shown, value);
  const auto write = [&](auto number) {
    const bool written = with_integer(kind, [&]<class T>() {
      if (!std::in_range<T>(number)) return false;
      put<T>(static_cast<T>(number));
      return true;
    });
    if (!written) fail(path, fmt::format("expected {}, got {}", range_of(kind), show(value)));
  };
  if (value.is_number_unsigned()) return write(value.get<std::uint64_t>());
  if (value.is_number_integer()) return write(value.get<std::int64_t>());
  const double number = value.get<double>();
  if (std::trunc(number) != number) mismatch(path, shown, value);
  if (std::abs(number) > exact_double)
    fail(path, fmt::format("expected {}, got {}", range_of(kind), show(value)));
  write(static_cast<std::int64_t>(number));
}

void Encoder::real(const Json& value, const Type& type, const Path* path) {
  const auto not_finite = special(value);
  if (!not_finite && !value.is_number()) mismatch(path, type, value);
  const double number = not_finite ? *not_finite : value.get<double>();
  if (type.kind == Kind::f64) return put(number);
  const auto narrow = static_cast<float>(number);
  if (std::isfinite(number) && !std::isfinite(narrow))
    fail(path, fmt::format("expected f32 (up to 3.4028235e+38), got {}", show(value)));
  put(narrow);
}

void Encoder::string(const Json& value, const Type& type, const Path* path) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return put_bytes(text.data(), text.size());
  }
  if (!value.is_object() || value.size() != 1 || !value.contains("base64"))
    mismatch(path, type, value);
  bytes(value.front(), type, path);
}

void Encoder::bytes(const Json& value, const Type& type, const Path* path) {
  if (!value.is_string()) mismatch(path, type, value);
  std::vector<std::byte> content;
  const auto error = from_base64(value.get_ref<const std::string&>(), content);
  if (!error.empty())
    fail(path,
         fmt::format("expected {} in base64, got {}: {}", to_string(type), show(value), error));
  put_bytes(content.data(), content.size());
}

void Encoder::enumeration(const Json& value, const Type& type, const EnumType& body,
                          const Path* path) {
  if (!value.is_string()) return integer(value, body.underlying, type, path);
  const auto& name = value.get_ref<const std::string&>();
  for (const auto& entry : body.enumerators)
    if (entry.name == name)
      return integer(body.underlying == Kind::bool_ ? Json(entry.value != 0) : Json(entry.value),
                     body.underlying, type, path);
  const auto names = names_of(body);
  fail(path, fmt::format("expected {} ({}), got {}{}", to_string(type), choices(names), show(value),
                         did_you_mean(name, names)));
}

void Encoder::duration(const Json& value, const Type& type, const Path* path) {
  const Type& count = type.items.front();
  if (!value.is_string() || special(value)) return scalar(value, count, path);
  const auto quantity = parse_quantity(value.get_ref<const std::string&>());
  if (!quantity)
    mismatch(path, type, value, R"( (write a number and a unit like "1500ms" or "2s"))");
  if (count.kind != Kind::f32 && count.kind != Kind::f64) {
    const Json same_unit = Json::parse(quantity->number, nullptr, false);
    if (quantity->num == type.num && quantity->den == type.den && same_unit.is_number_integer())
      return scalar(same_unit, count, path);  // all 64 bits, where the scaled count has one less
    const auto [number, error] = to_count(*quantity, type);
    if (!error.empty()) mismatch(path, type, value, ": " + error);
    return scalar(Json(number), count, path);
  }
  double number = 0;
  const char* end = quantity->number.data() + quantity->number.size();
  const auto parsed = std::from_chars(quantity->number.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) mismatch(path, type, value);
  if (quantity->num != type.num || quantity->den != type.den) {
    number *= static_cast<double>(quantity->num) / static_cast<double>(quantity->den);
    number *= static_cast<double>(type.den) / static_cast<double>(type.num);
  }
  real(Json(number), count, path);
}

void Encoder::time(const Json& value, const Type& type, const Path* path) {
  const Type& count = type.items.front();
  const bool whole = count.kind != Kind::f32 && count.kind != Kind::f64;
  if (!value.is_string() || !whole || type.name != "system") return scalar(value, count, path);
  const auto [number, error] = from_iso8601(value.get_ref<const std::string&>(), type);
  if (!error.empty())
    mismatch(path, type, value, ": " + error + R"( (write it like "2024-01-31T12:00:00Z"))");
  scalar(Json(number), count, path);
}

void Encoder::scalar(const Json& value, const Type& type, const Path* path) {
  switch (type.kind) {
    case Kind::void_:
      if (!value.is_null()) mismatch(path, type, value);
      return;
    case Kind::f32:
    case Kind::f64:
      return real(value, type, path);
    case Kind::string:
      return string(value, type, path);
    case Kind::bytes:
      return bytes(value, type, path);
    default:
      return integer(value, type.kind, type, path);
  }
}

}  // namespace rmi::json
