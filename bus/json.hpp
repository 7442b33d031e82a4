// JSON to arguments and results to JSON, by schema: how a program calls without the C++ types.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/errors.hpp>
#include <rmi/limits.hpp>
#include <rmi/schema.hpp>

// How each type is written in JSON; input also takes what stands in brackets.
//
//   bool, string          true, "text" [{"base64": "..."}, which is also the output for text that
//                         is no UTF-8]
//   i8 .. u64             5, exact for 64 bits [5.0]
//   f32, f64              1.5, "NaN", "Infinity", "-Infinity"
//   bytes                 base64 with padding
//   enum                  "red", or 7 where the number has no name
//   optional, box         null or the value; [value] where the value itself may be null
//   list, set, array,     array
//   tuple
//   map with string keys  object [array of pairs]
//   map, multimap         array of [key, value] [object with the keys as text]
//   variant               {"i32": 5}: the alternative's type, or its position where two have the
//   same
//                         type [a bare value that fits one alternative only]
//   duration              "1500ms" [a count in the type's unit, "1.5s"]; a count for odd units
//   time<system>          "2024-01-31T12:00:00.5Z" [with an offset, a date alone, a count]
//   other times           count since the clock's epoch
//   struct                object; fields that are optional may be left out
//   void                  null
//   ref, stream, callback the name of the object, null for none [""]

namespace rmi {

using Json = nlohmann::ordered_json;

/// JSON values take more memory than what they stand for, so these are wider than the defaults.
inline constexpr DecodeLimits json_limits{.memory_factor = 128,
                                          .memory_max = std::size_t{1} << 30U};

/// Deepest nesting of arrays and objects that parse_json takes.
inline constexpr std::size_t max_json_depth = 128;

/// Strict JSON; a key that is twice in one object is refused.
/// @throws BadArguments  text has line, column and what was expected.
Json parse_json(std::string_view text);

/// One line of JSON.
std::string to_text(const Json& value);

/// The payload of a call.
/// @param arguments  an array in order, or an object by parameter names.
/// @throws BadArguments  like `argument 2 (items[3].price): expected f64, got "abc"`.
std::vector<std::byte> encode_arguments(const Json& arguments, const Signature& signature,
                                        const TypeTable& types);

/// One value. @param subject  what an error text calls it.
std::vector<std::byte> encode_value(const Json& value, const Type& type, const TypeTable& types,
                                    std::string_view subject = "value");

/// The value that the bytes hold, all of them.
/// @throws DecodeError  they do not, or it would cost more than the limits allow.
Json decode_value(std::span<const std::byte> bytes, const Type& type, const TypeTable& types,
                  const DecodeLimits& limits = json_limits);

/// An array of all arguments. @throws DecodeError
Json decode_arguments(std::span<const std::byte> bytes, const Signature& signature,
                      const TypeTable& types, const DecodeLimits& limits = json_limits);

}  // namespace rmi
