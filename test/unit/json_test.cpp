// JSON to payload and back, for every type.
#include "bus/json.hpp"

#include <catch2/catch.hpp>
#include <cereal/types/complex.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "unit/json_support.hpp"

using namespace rmi;

namespace {

/// The JSON of the value. Checks on the way that it leads back to the same bytes.
template <class T>
std::string json_of(const T& value) {
  TypeTable types;
  const Type type = type_of<T>(types);
  const auto bytes = cereal_bytes(value);
  const std::string text = to_text(decode_value(bytes, type, types));
  INFO(text);
  CHECK(encode_value(parse_json(text), type, types) == bytes);
  return text;
}

/// Whether the JSON text means the same as the value.
template <class T>
bool means(std::string_view text, const T& value) {
  TypeTable types;
  const Type type = type_of<T>(types);
  return encode_value(parse_json(text), type, types) == cereal_bytes(value);
}

}  // namespace

TEST_CASE("numbers are exact in both directions") {
  CHECK(json_of(true) == "true");
  CHECK(json_of(std::int8_t{-128}) == "-128");
  CHECK(json_of('a') == "97");
  CHECK(json_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(json_of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(json_of(std::int64_t{9007199254740993}) == "9007199254740993");
  CHECK(json_of(0.1) == "0.1");
  CHECK(json_of(0.1F) == "0.1");
  CHECK(json_of(-0.0) == "-0.0");
  CHECK(json_of(std::numeric_limits<double>::quiet_NaN()) == "\"NaN\"");
  CHECK(json_of(std::numeric_limits<float>::infinity()) == "\"Infinity\"");
  CHECK(json_of(-std::numeric_limits<double>::infinity()) == "\"-Infinity\"");
  CHECK(json_of(std::numeric_limits<float>::max()) == "3.4028235e+38");
  CHECK(means("3.0", 3));
  CHECK(means("-3e2", std::int16_t{-300}));
  CHECK(means("3", 3.0));
}

TEST_CASE("any float and double survives JSON") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 20000; ++round) {
    const auto bits = random();
    const auto wide = std::bit_cast<double>(bits);
    const auto narrow = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    TypeTable types;
    if (std::isfinite(wide)) {
      const auto text = to_text(decode_value(cereal_bytes(wide), type_of<double>(types), types));
      REQUIRE(means(text, wide));
    }
    if (std::isfinite(narrow)) {
      const auto text = to_text(decode_value(cereal_bytes(narrow), type_of<float>(types), types));
      REQUIRE(means(text, narrow));
    }
  }
}

TEST_CASE("text and bytes") {
  CHECK(json_of(std::string("Grüße 你好 🎉 \"\n")) == R"("Grüße 你好 🎉 \"\n")");
  CHECK(json_of(std::string()) == "\"\"");
  CHECK(json_of(std::string("\xff\xfe")) == R"({"base64":"//4="})");
  CHECK(json_of(std::string("\xed\xa0\x80")) == R"({"base64":"7aCA"})");
  const std::vector<std::uint8_t> bytes{0, 1, 254, 255};
  CHECK(json_of(std::vector<std::uint8_t>{}) == "\"\"");
  CHECK(json_of(bytes) == "\"AAH+/w==\"");
  CHECK(json_of(std::vector<std::byte>{std::byte{7}}) == "\"Bw==\"");
  CHECK(json_of(std::array<std::uint8_t, 2>{1, 2}) == "[1,2]");
  CHECK(means(R"({"base64": "YQ=="})", std::string("a")));
}

TEST_CASE("enums by name, or by number where there is no name") {
  CHECK(json_of(shop::Color::green) == "\"green\"");
  CHECK(json_of(static_cast<shop::Color>(42)) == "42");
  CHECK(json_of(shop::Offset::below) == "\"below\"");
  CHECK(json_of(shop::Switch::on) == "\"on\"");
  CHECK(json_of(shop::Huge::huge) == "18446744073709551615");
  CHECK(json_of(shop::plain_b) == "\"plain_b\"");
  CHECK(means("100", shop::Color::blue));
}

TEST_CASE("what may be missing is null") {
  CHECK(json_of(std::optional<int>()) == "null");
  CHECK(json_of(std::optional<int>(5)) == "5");
  CHECK(json_of(std::unique_ptr<int>()) == "null");
  CHECK(json_of(std::make_unique<int>(5)) == "5");
  using Nested = std::optional<std::optional<int>>;
  CHECK(json_of(Nested()) == "null");
  CHECK(json_of(Nested(std::optional<int>())) == "[null]");
  CHECK(json_of(Nested(std::optional<int>(5))) == "[5]");
}

TEST_CASE("an object, a stream or a callback is the name of an object, or null") {
  for (const char* text : {"ref<shop::Till>", "stream<i32>", "callback<(i32) -> void>"}) {
    const Type type = parse_type(text);
    const auto name = encode_value(Json("@0000001f/89abcdef01234567"), type, {});
    CHECK(name == cereal_bytes(std::string("@0000001f/89abcdef01234567")));
    CHECK(to_text(decode_value(name, type, {})) == "\"@0000001f/89abcdef01234567\"");
    const auto none = encode_value(nullptr, type, {});
    CHECK(none == cereal_bytes(std::string()));
    CHECK(encode_value(Json(""), type, {}) == none);
    CHECK(to_text(decode_value(none, type, {})) == "null");
    CHECK_THROWS_WITH(encode_value(Json(5), type, {}),
                      "value: expected " + std::string(text) + ", got 5");
  }
  const Type perhaps = parse_type("optional<ref<A>>");
  CHECK(to_text(decode_value(encode_value(Json::array({nullptr}), perhaps, {}), perhaps, {})) ==
        "[null]");
}

TEST_CASE("sequences, sets and tuples are arrays") {
  CHECK(json_of(std::vector<int>{1, 2}) == "[1,2]");
  CHECK(json_of(std::vector<bool>{true, false}) == "[true,false]");
  CHECK(json_of(std::list<std::string>{"a"}) == "[\"a\"]");
  CHECK(json_of(std::set<int>{2, 1}) == "[1,2]");
  CHECK(json_of(std::multiset<int>{1, 1}) == "[1,1]");
  CHECK(json_of(std::array<double, 2>{1, 2.5}) == "[1.0,2.5]");
  CHECK(json_of(std::pair<int, std::string>(1, "x")) == "[1,\"x\"]");
  CHECK(json_of(std::tuple<>()) == "[]");
  CHECK(json_of(std::tuple<int, bool, std::tuple<float>>(1, true, 2.F)) == "[1,true,[2.0]]");
}

TEST_CASE("maps are objects where the keys are text, else arrays of pairs") {
  CHECK(json_of(std::map<std::string, int>{{"b", 1}, {"a", 2}}) == R"({"a":2,"b":1})");
  CHECK(json_of(std::map<int, std::string>{{1, "x"}}) == R"([[1,"x"]])");
  CHECK(json_of(std::multimap<std::string, int>{{"a", 1}, {"a", 2}}) == R"([["a",1],["a",2]])");
  CHECK(json_of(std::map<std::string, int>{{"\xff", 1}}) == R"([[{"base64":"/w=="},1]])");
  CHECK(json_of(std::map<std::pair<int, int>, bool>{{{1, 2}, true}}) == "[[[1,2],true]]");
  CHECK(means(R"([["a", 1]])", std::map<std::string, int>{{"a", 1}}));
  CHECK(means(R"({"1": "x", "2": "y"})", std::map<int, std::string>{{1, "x"}, {2, "y"}}));
  CHECK(means(R"({"true": 1})", std::map<bool, int>{{true, 1}}));
  CHECK(means(R"({"green": 1})", std::map<shop::Color, int>{{shop::Color::green, 1}}));
  CHECK(means(R"({"1.5": 1, "Infinity": 2})", std::map<double, int>{{1.5, 1}, {INFINITY, 2}}));
}

TEST_CASE("variants name the alternative, and guess it where only one fits") {
  using V = std::variant<std::monostate, int, std::string, shop::Item>;
  CHECK(json_of(V()) == R"({"void":null})");
  CHECK(json_of(V(5)) == R"({"i32":5})");
  CHECK(json_of(V("x")) == R"({"string":"x"})");
  using Same = std::variant<int, std::string, int>;
  CHECK(json_of(Same(std::in_place_index<2>, 5)) == R"({"2":5})");
  CHECK(json_of(Same("x")) == R"({"string":"x"})");
  CHECK(means("5", V(5)));
  CHECK(means("null", V()));
  CHECK(means(R"("x")", V("x")));
  CHECK(means(R"({"1": 5})", V(5)));
  CHECK(means(R"({"name": "x", "price": 1, "sizes": []})", V(shop::Item{"x", 1, {}, {}})));
  CHECK(means("5", std::variant<std::string, std::variant<bool, int>>(std::variant<bool, int>(5))));
}

TEST_CASE("durations have their unit") {
  using namespace std::chrono_literals;
  using std::chrono::duration;
  CHECK(json_of(1500ms) == "\"1500ms\"");
  CHECK(json_of(-3h) == "\"-3h\"");
  CHECK(json_of(duration<double>(1.5)) == "\"1.5s\"");
  CHECK(json_of(duration<double>(NAN)) == "\"NaN\"");
  CHECK(json_of(duration<int, std::ratio<1, 30>>(7)) == "7");
  CHECK(json_of(std::chrono::nanoseconds::max()) == "\"9223372036854775807ns\"");
  CHECK(json_of(duration<std::uint64_t>::max()) == "\"18446744073709551615s\"");
  CHECK(means("\"1.5s\"", 1500ms));
  CHECK(means("1500", 1500ms));
  CHECK(means("\"2min\"", 120s));
  CHECK(means("\"1d\"", 24h));
  CHECK(means("\"0.5s\"", duration<int, std::ratio<1, 30>>(15)));
  CHECK(means("\"250ms\"", duration<double>(0.25)));
}

TEST_CASE("points in time of the system clock are ISO 8601, others are counts") {
  using std::chrono::sys_days;
  using std::chrono::sys_seconds;
  using std::chrono::sys_time;
  using namespace std::chrono;
  CHECK(json_of(sys_time<nanoseconds>()) == "\"1970-01-01T00:00:00Z\"");
  CHECK(json_of(sys_time<nanoseconds>(1700000000123456789ns)) ==
        "\"2023-11-14T22:13:20.123456789Z\"");
  CHECK(json_of(sys_time<milliseconds>(-1ms)) == "\"1969-12-31T23:59:59.999Z\"");
  CHECK(json_of(sys_time<milliseconds>(1500ms)) == "\"1970-01-01T00:00:01.5Z\"");
  CHECK(json_of(sys_days(year(2024) / 2 / 29)) == "\"2024-02-29T00:00:00Z\"");
  CHECK(json_of(sys_seconds(seconds(253402300799))) == "\"9999-12-31T23:59:59Z\"");
  CHECK(json_of(sys_seconds(seconds(253402300800))) == "253402300800");
  CHECK(json_of(sys_time<nanoseconds>::min()) == "\"1677-09-21T00:12:43.145224192Z\"");
  CHECK(json_of(steady_clock::time_point(5ns)) == "5");
  CHECK(json_of(sys_time<duration<double>>(duration<double>(1.5))) == "1.5");
  CHECK(means("\"2024-02-29T01:30:00+01:30\"", sys_seconds(sys_days(year(2024) / 2 / 29))));
  CHECK(means("\"2024-02-29\"", sys_days(year(2024) / 2 / 29)));
  CHECK(means("\"1970-01-01 00:00:01.500000Z\"", sys_time<milliseconds>(1500ms)));
  CHECK(means("7", sys_time<milliseconds>(7ms)));
}

TEST_CASE("structs are objects") {
  const shop::Item item{"pear", 1.5, {1, 2}, shop::Color::red};
  CHECK(json_of(item) == R"({"name":"pear","price":1.5,"sizes":[1,2],"color":"red"})");
  CHECK(json_of(shop::Empty()) == "{}");
  CHECK(json_of(shop::Unnamed()) == R"({"_0":1,"_1":""})");
  CHECK(json_of(shop::Free{3}) == R"({"the x":3})");
  CHECK(json_of(shop::Private::of(3)) == R"({"x":3})");
  CHECK(json_of(shop::Minimal{"m"}) == R"("m")");
  CHECK(json_of(shop::FreeMinimal{-2}) == "-2");
  CHECK(json_of(std::complex<float>(1, 2)) == R"({"real":1.0,"imag":2.0})");
  CHECK(means(R"({"price": 1.5, "sizes": [], "name": "x"})", shop::Item{"x", 1.5, {}, {}}));
}

TEST_CASE("recursive structs of any shape") {
  shop::Node root{"root", {}, nullptr};
  root.kids.push_back({"kid", {}, std::make_unique<shop::Node>()});
  CHECK(json_of(root) == R"({"value":"root","kids":[{"value":"kid","kids":[],)"
                         R"("next":{"value":"","kids":[],"next":null}}],"next":null})");
}

TEST_CASE("a class version is written where the class first occurs, as cereal does") {
  const std::vector<shop::Versioned> many{{1}, {2}, {3}};
  CHECK(json_of(many) == R"([{"x":1},{"x":2},{"x":3}])");
  shop::Derived derived;
  derived.name = "d";
  derived.VersionedBase::id = 1;
  derived.id = 2;
  CHECK(json_of(std::vector<shop::Derived>{}) == "[]");
  std::map<int, shop::Derived> derivations;
  derivations[1] = derived;
  derivations[2] = derived;
  CHECK(json_of(derivations) ==
        R"([[1,{"id":1,"id_2":2,"name":"d"}],[2,{"id":1,"id_2":2,"name":"d"}]])");
}

TEST_CASE("the arguments of a call are an array, or an object by name") {
  TypeTable types;
  const auto add = signature_of<int, int, std::optional<int>>(types, "add", {"a", "b"});
  const auto bytes = cereal_bytes(1, std::optional<int>(2));
  CHECK(encode_arguments(parse_json("[1, 2]"), add, types) == bytes);
  CHECK(encode_arguments(parse_json(R"({"b": 2, "a": 1})"), add, types) == bytes);
  CHECK(encode_arguments(parse_json(R"({"a": 1})"), add, types) ==
        cereal_bytes(1, std::optional<int>()));
  CHECK(to_text(decode_arguments(bytes, add, types)) == "[1,2]");
  const auto versions = signature_of<void, shop::Versioned, shop::Versioned>(types, "f");
  CHECK(encode_arguments(parse_json(R"([{"x":1},{"x":2}])"), versions, types) ==
        cereal_bytes(shop::Versioned{1}, shop::Versioned{2}));
}
