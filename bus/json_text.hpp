// Pieces of the JSON conversion that both directions need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bus/json.hpp"

namespace rmi::json {

/// Where in a value something is: a list that grows down the stack of the recursion.
struct Path {
  const Path* up = nullptr;
  std::string_view field;  ///< empty for an index
  std::size_t index = 0;
  bool is_key = false;  ///< `field` is the key of a map
};

/// `subject (items[3].price)`, or only the subject for an empty path.
std::string describe(std::string_view subject, const Path* path);

/// The value as an error text shows it, shortened.
std::string show(const Json& value);

bool is_utf8(std::string_view text);

/// RFC 4648, with padding.
std::string to_base64(std::span<const std::byte> bytes);
/// Appends the bytes. @return what is wrong with the text, empty if nothing is.
std::string from_base64(std::string_view text, std::vector<std::byte>& bytes);

/// A point in time of the system clock as ISO 8601 in UTC: `count` units of num/den seconds since
/// 1970. Nothing for units that are no decimal fraction of a second, and outside the years 0 to
/// 9999.
std::optional<std::string> to_iso8601(std::int64_t count, const Type& type);
/// The count, or what is wrong.
struct Count {
  std::int64_t value = 0;
  std::string error;
};
Count from_iso8601(std::string_view text, const Type& type);

/// A decimal number and a unit like "1.5s".
struct Quantity {
  std::string_view number;
  std::int64_t num = 0;
  std::int64_t den = 0;
};
std::optional<Quantity> parse_quantity(std::string_view text);
/// The quantity as a whole number of the type's units.
Count to_count(const Quantity& quantity, const Type& type);

/// Calls f.operator()<T>() with the C++ type of an integer kind.
template <class F>
decltype(auto) with_integer(Kind kind, F&& f) {
  switch (kind) {
    case Kind::i8:
      return f.template operator()<std::int8_t>();
    case Kind::u8:
      return f.template operator()<std::uint8_t>();
    case Kind::i16:
      return f.template operator()<std::int16_t>();
    case Kind::u16:
      return f.template operator()<std::uint16_t>();
    case Kind::i32:
      return f.template operator()<std::int32_t>();
    case Kind::u32:
      return f.template operator()<std::uint32_t>();
    case Kind::i64:
      return f.template operator()<std::int64_t>();
    default:
      return f.template operator()<std::uint64_t>();
  }
}

/// Whether a value is the name of an object.
inline bool is_reference(const Type& type) {
  return type.kind == Kind::ref || type.kind == Kind::stream || type.kind == Kind::callback;
}

/// Whether null already means something for values of that type.
inline bool nullable(const Type& type) {
  return type.kind == Kind::optional || type.kind == Kind::box || type.kind == Kind::void_ ||
         type.kind == Kind::version || is_reference(type);
}

/// The key that stands for an alternative of a variant.
std::string tag(const Type& variant, std::size_t index);

}  // namespace rmi::json
