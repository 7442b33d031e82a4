// Payloads of strangers, read by schema.
#include "bus/json.hpp"

#include <catch2/catch.hpp>

#include "unit/json_support.hpp"

using namespace rmi;

namespace {

std::string decode_error(std::string_view definitions, std::string_view type,
                         const std::vector<int>& bytes, const DecodeLimits& limits = json_limits) {
  const auto schema = parse_interface("interface I { f() -> " + std::string(type) + "; }" +
                                      std::string(definitions));
  std::vector<std::byte> content;
  for (const int byte : bytes)
    content.push_back(static_cast<std::byte>(byte));
  try {
    decode_value(content, schema.methods[0].result, schema.types, limits);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "no error";
}

const std::vector<int> huge{255, 255, 255, 255, 255, 255, 255, 255};

}  // namespace

TEST_CASE("a hostile payload is refused with the place") {
  CHECK(decode_error("", "bool", {2}) == "value: bool must be 0 or 1, is 2 (offset 1 of 1)");
  CHECK(decode_error("", "optional<i8>", {7}) ==
        "value: optional flag must be 0 or 1, is 7 (offset 1 of 1)");
  CHECK(decode_error("", "box<i8>", {7}) ==
        "value: unique_ptr flag must be 0 or 1, is 7 (offset 1 of 1)");
  CHECK(decode_error("", "i32", {1, 2}) ==
        "value: expected 4 more bytes, 2 are left (offset 0 of 2)");
  CHECK(decode_error("", "i8", {1, 2}) == "1 bytes are left after the last value (offset 1 of 2)");
  CHECK(decode_error("", "variant<i8, i8>", {2, 0, 0, 0, 1}) ==
        "value: alternative 2 of variant<i8, i8> does not exist (offset 4 of 5)");
  CHECK(decode_error("", "variant<i8, i8>", {255, 255, 255, 255, 1}) ==
        "value: alternative -1 of variant<i8, i8> does not exist (offset 4 of 5)");
  CHECK(decode_error("struct S { a: list<bool>; }", "S", {1, 0, 0, 0, 0, 0, 0, 0, 9}) ==
        "value (a[0]): bool must be 0 or 1, is 9 (offset 9 of 9)");
  CHECK(decode_error("struct S { version<S, 3>; }", "S", {4, 0, 0, 0}) ==
        "value ([0]): S has version 4, the schema has version 3 (offset 4 of 4)");
}

TEST_CASE("a huge count is refused before memory is taken, for every container") {
  for (const char* type : {"string", "bytes", "list<i8>", "set<i64>", "map<i8, i8>",
                           "multimap<string, void>", "list<list<i8>>", "list<tuple<i8, i32>>",
                           "list<S>", "list<E>", "list<variant<i8>>", "list<optional<i8>>"}) {
    INFO(type);
    CHECK(decode_error("struct S { a: array<i8, 4>; } enum E : u16 {}", type, huge) ==
          "value: 18446744073709551615 elements cannot be in the 0 bytes that are left "
          "(offset 8 of 8)");
  }
  CHECK(decode_error("struct S {}", "list<S>", huge) ==
        "value: 18446744073709551615 elements are over the limit of 16777216 (offset 8 of 8)");
  CHECK(decode_error("", "list<void>", {0, 0, 0, 1, 0, 0, 0, 0}) ==
        "value ([65599]): the value would take too much memory as JSON (offset 8 of 8)");
  CHECK(decode_error("", "array<void, 18446744073709551615>", {}) ==
        "value ([65535]): the value would take too much memory as JSON (offset 0 of 0)");
}

TEST_CASE("a schema that nests without end costs a payload nothing") {
  CHECK(decode_error("struct S { s: S; }", "S", {}).starts_with("value (s.s.s.s"));
  CHECK(decode_error("struct A { x: B; y: B; } struct B { x: C; y: C; } struct C { x: A; y: A; }",
                     "A", {})
            .ends_with("values are nested deeper than 64 (offset 0 of 0)"));
  std::string doubling;
  for (int i = 0; i < 60; ++i) {
    const auto next = std::to_string(i + 1);
    doubling += "struct S" + std::to_string(i) + " { a: S" + next + "; b: S" + next + "; }";
  }
  CHECK(decode_error(doubling + "struct S60 {}", "S0", {})
            .ends_with("the value would take too much memory as JSON (offset 0 of 0)"));
  std::vector<int> boxes(1000, 1);
  CHECK(decode_error("struct N { next: box<N>; }", "N", boxes)
            .ends_with("values are nested deeper than 64 (offset 32 of 1000)"));
}

TEST_CASE("a payload cut off anywhere is refused, and no changed byte does harm") {
  TypeTable types;
  using Everything =
      std::tuple<shop::Item, shop::Node, std::variant<int, std::string>,
                 std::map<std::string, std::vector<bool>>, std::optional<std::chrono::sys_seconds>,
                 std::vector<std::uint8_t>, shop::Derived, std::chrono::milliseconds>;
  Everything value;
  std::get<0>(value) = {"pear", 1.5, {1, 2}, shop::Color::red};
  std::get<1>(value).kids.push_back({"kid", {}, std::make_unique<shop::Node>()});
  std::get<2>(value) = "text";
  std::get<3>(value) = {{"a", {true, false}}};
  std::get<4>(value) = std::chrono::sys_seconds(std::chrono::seconds(5));
  std::get<5>(value) = {1, 2, 3};
  const Type type = type_of<Everything>(types);
  auto bytes = cereal_bytes(value);
  CHECK_NOTHROW(decode_value(bytes, type, types));
  for (std::size_t length = 0; length < bytes.size(); ++length)
    CHECK_THROWS_AS(decode_value(std::span(bytes).first(length), type, types), DecodeError);
  for (auto& byte : bytes) {
    for (const int flip : {1, 0x80, 0xff}) {
      byte ^= static_cast<std::byte>(flip);
      try {
        const auto json = decode_value(bytes, type, types);
        CHECK_FALSE(to_text(json).empty());
      } catch (const DecodeError&) {
      }
      byte ^= static_cast<std::byte>(flip);
    }
  }
}

TEST_CASE("large honest values pass") {
  TypeTable types;
  const std::string text(std::size_t{8} << 20U, 'x');
  const auto type = type_of<std::string>(types);
  CHECK(decode_value(cereal_bytes(text), type, types).get_ref<const std::string&>() == text);
  const std::vector<std::pair<bool, std::int8_t>> pairs(100'000);
  CHECK(decode_value(cereal_bytes(pairs), type_of<decltype(pairs)>(types), types).size() ==
        100'000);
  const std::vector<shop::Item> items(20'000);
  CHECK(decode_value(cereal_bytes(items), type_of<decltype(items)>(types), types).size() == 20'000);
}
