// What is said about JSON that does not fit.
#include "bus/json.hpp"

#include <catch2/catch.hpp>

#include "unit/json_support.hpp"

using namespace rmi;

namespace {

template <class T>
std::string error_of(std::string_view text) {
  TypeTable types;
  const Type type = type_of<T>(types);
  try {
    encode_value(parse_json(text), type, types);
  } catch (const BadArguments& error) {
    return error.what();
  }
  return "no error";
}

std::string call_error(std::string_view interface, std::string_view arguments) {
  const auto schema = parse_interface("interface I {" + std::string(interface));
  try {
    encode_arguments(parse_json(arguments), schema.methods.at(0), schema.types);
  } catch (const BadArguments& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a wrong number of arguments shows the signature") {
  const auto* one = "f(string) -> i32;}";
  const auto* two = "divide(a: f64, b: f64) -> f64;}";
  CHECK(call_error(one, "[]") == "f(string) -> i32 takes 1 argument, got 0");
  CHECK(call_error(two, "[1, 2, 3]") == "divide(a: f64, b: f64) -> f64 takes 2 arguments, got 3");
  CHECK(call_error(two, R"({"a": 1})") ==
        "argument 2 (b) of divide(a: f64, b: f64) -> f64 is missing");
  CHECK(call_error(two, R"({"a": 1, "bb": 2})") ==
        "divide(a: f64, b: f64) -> f64 has no parameter 'bb'; did you mean 'b'?");
  CHECK(call_error(one, R"({"a": 1})") ==
        "f(string) -> i32 has parameters without a name; give the arguments in order");
  CHECK(call_error(one, "5") ==
        "expected the arguments as an array or as an object by name, got 5");
}

TEST_CASE("an error says where it is") {
  const auto* put =
      "put(string, items: list<Item>) -> void;}"
      "struct Item { price: f64; more: map<string, tuple<i32, i32>>; }";
  CHECK(call_error(put, R"(["x", [{"price": 1, "more": {}}, {"price": "abc", "more": {}}]])") ==
        R"(argument 2 (items[1].price): expected f64, got "abc")");
  CHECK(call_error(put, R"(["x", [{"price": 1, "more": {"k": [1, true]}}]])") ==
        R"(argument 2 (items[0].more["k"][1]): expected i32, got true)");
  CHECK(call_error(put, R"(["x", [{"price": 1, "more": [["k", [1, 2]], ["l", 2]]}]])") ==
        "argument 2 (items[0].more[1][1]): expected tuple<i32, i32>, got 2");
  CHECK(call_error(put, "[5, []]") == "argument 1: expected string, got 5");
}

TEST_CASE("an error says what was expected and what came") {
  CHECK(error_of<bool>("1") == "value: expected bool, got 1");
  CHECK(error_of<std::uint8_t>("256") == "value: expected u8 (0 to 255), got 256");
  CHECK(error_of<std::uint8_t>("-1") == "value: expected u8 (0 to 255), got -1");
  CHECK(error_of<std::int64_t>("9223372036854775808") ==
        "value: expected i64 (-9223372036854775808 to 9223372036854775807), got "
        "9223372036854775808");
  CHECK(error_of<std::uint64_t>("18446744073709551616") ==
        "value: expected u64 (0 to 18446744073709551615), got 1.8446744073709552e+19");
  CHECK(error_of<int>("3.5") == "value: expected i32, got 3.5");
  CHECK(error_of<int>("\"3\"") == "value: expected i32, got \"3\"");
  CHECK(error_of<double>("\"nan\"") == "value: expected f64, got \"nan\"");
  CHECK(error_of<float>("1e39") == "value: expected f32 (up to 3.4028235e+38), got 1e+39");
  CHECK(error_of<std::string>("null") == "value: expected string, got null");
  CHECK(error_of<std::string>("{}") == "value: expected string, got {}");
  CHECK(error_of<shop::Color>("\"gren\"") ==
        "value: expected shop::Color (red, green, blue), got \"gren\"; did you mean 'green' or "
        "'red'?");
  CHECK(error_of<shop::Color>("300") == "value: expected u8 (0 to 255), got 300");
  CHECK(error_of<shop::Color>("null") == "value: expected shop::Color, got null");
  CHECK(error_of<std::vector<int>>("{}") == "value: expected list<i32>, got {}");
  CHECK(error_of<std::array<int, 3>>("[1,2]") == "value: expected array<i32, 3>, got 2 elements");
  CHECK(error_of<std::pair<int, int>>("[1]") == "value: expected tuple<i32, i32>, got 1 elements");
  CHECK(error_of<std::set<int>>("[1,2,1.0]") == "value: 1.0 is there twice");
  CHECK(error_of<std::map<int, int>>(R"([[1,2],[1,3]])") == "value: 1 is there twice");
  CHECK(error_of<std::map<int, int>>(R"({"1":2,"1.0":3})") == "value: \"1.0\" is there twice");
  CHECK(error_of<std::map<int, int>>(R"({"x":2})") == R"(value (["x"]): expected i32, got "x")");
  CHECK(error_of<std::map<int, int>>("[1]") ==
        "value ([0]): expected an array of key and value, got 1");
  CHECK(error_of<std::map<int, int>>("7") == "value: expected map<i32, i32>, got 7");
  CHECK(error_of<std::optional<std::optional<int>>>("5") ==
        "value: expected optional<optional<i32>>, got 5 (write null, or the value in brackets)");
  CHECK(error_of<std::vector<std::uint8_t>>("\"A-==\"") ==
        R"(value: expected bytes in base64, got "A-==": character 2 is not in the alphabet)");
  CHECK(error_of<std::vector<std::uint8_t>>("\"QUJ\"") ==
        R"(value: expected bytes in base64, got "QUJ": its length 3 is no multiple of 4)");
  CHECK(error_of<std::vector<std::uint8_t>>("\"QR==\"") ==
        "value: expected bytes in base64, got \"QR==\": the bits after the last byte are not zero");
}

TEST_CASE("an error about a struct, a variant or a time says what to write") {
  CHECK(error_of<shop::Item>("[]") == "value: expected shop::Item, got []");
  CHECK(error_of<shop::Item>(R"({"name": "x"})") ==
        "value: field 'price' (f64) of shop::Item is missing");
  CHECK(error_of<shop::Item>(R"({"name": "x", "price": 1, "sizes": [], "colour": null})") ==
        "value: shop::Item has no field 'colour'; did you mean 'color'?");
  CHECK(error_of<std::variant<int, std::string>>("true") ==
        "value: expected variant<i32, string>, got true");
  CHECK(error_of<std::variant<int, double>>("5") ==
        R"(value: 5 fits i32 and f64 of variant<i32, f64>; write {"i32": 5} or {"f64": 5})");
  CHECK(error_of<std::variant<int, std::string>>(R"({"i32": "x"})") ==
        R"(value (["i32"]): expected i32, got "x")");
  CHECK(
      error_of<std::chrono::milliseconds>("\"5\"") ==
      R"(value: expected duration<i64, ms>, got "5" (write a number and a unit like "1500ms" or "2s"))");
  CHECK(error_of<std::chrono::milliseconds>("\"1.5ms\"") ==
        R"(value: expected duration<i64, ms>, got "1.5ms": it is no whole number of ms)");
  CHECK(error_of<std::chrono::nanoseconds>("\"300000d\"") ==
        R"(value: expected duration<i64, ns>, got "300000d": it is out of range)");
  CHECK(error_of<std::chrono::seconds>("\"1-2s\"") ==
        R"(value: expected duration<i64, s>, got "1-2s": '1-2' is no decimal number)");
  const auto time = [](std::string text) {
    return error_of<std::chrono::sys_seconds>('"' + text + '"')
        .substr(std::string("value: expected time<system, i64, s>, got ").size());
  };
  const std::string hint = R"( (write it like "2024-01-31T12:00:00Z"))";
  CHECK(time("noon") == R"("noon": it is no date and time)" + hint);
  CHECK(time("2024-02-30T00:00:00Z") == R"("2024-02-30T00:00:00Z": there is no such time)" + hint);
  CHECK(time("2024-01-31T12:00:00") ==
        R"("2024-01-31T12:00:00": it must end with Z or an offset like +01:00)" + hint);
  CHECK(time("2024-01-31T12:00:00.5Z") ==
        R"("2024-01-31T12:00:00.5Z": it is no whole number of s)" + hint);
}

TEST_CASE("long values are shortened in errors, between characters") {
  CHECK(error_of<int>('"' + std::string(1000, 'x') + '"') ==
        "value: expected i32, got \"" + std::string(60, 'x') + "...\"");
  std::string umlauts = "\"x";
  for (int i = 0; i < 100; ++i)
    umlauts += "ü";
  CHECK(error_of<int>(umlauts + '"').size() < 100);
  CHECK(error_of<int>("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]") ==
        "value: expected i32, got an array of 21");
}

TEST_CASE("text that is no strict JSON is refused with its place") {
  CHECK_THROWS_WITH(parse_json(""),
                    "not JSON: line 1, column 1: unexpected end of input; expected "
                    "'[', '{', or a literal");
  CHECK_THROWS_WITH(parse_json("[1,\n2,]"),
                    "not JSON: line 2, column 3: unexpected ']'; expected "
                    "'[', '{', or a literal");
  CHECK_THROWS_WITH(parse_json(R"({"a": 1, "b": 2, "a": 3})"),
                    R"(not JSON to be sure of: key "a" is there twice in one object)");
  CHECK_NOTHROW(parse_json(R"([{"a": 1}, {"a": 2}])"));
  CHECK_THROWS_AS(parse_json("1 2"), BadArguments);
  CHECK_THROWS_AS(parse_json("\"\xff\""), BadArguments);
  CHECK_THROWS_AS(parse_json("1e999"), BadArguments);
  CHECK_THROWS_WITH(parse_json(std::string(100000, '[')), "not taken: JSON nested deeper than 128");
}

TEST_CASE("values of a variant that multiply when they are guessed are given up") {
  const auto schema = parse_interface(
      "interface I { f(A) -> void; }"
      "struct A { v: variant<list<A>, list<B>, list<C>>; }"
      "struct B { v: variant<list<A>, list<B>, list<C>>; }"
      "struct C { v: variant<list<A>, list<B>, list<C>>; }");
  std::string text = "5";
  for (int i = 0; i < 40; ++i)
    text = "{\"v\": [" + text + "]}";
  CHECK_THROWS_WITH(
      encode_arguments(parse_json('[' + text + ']'), schema.methods[0], schema.types),
      Catch::Contains(
          "there are too many ways to read it; write alternatives like {\"list<A>\": "));
}
