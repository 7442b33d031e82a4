// Properties, traits, bases and the kinds that stand for objects, in the text of an interface.
#include <rmi/schema.hpp>

#include <catch2/catch.hpp>
#include <set>

using namespace rmi;
using namespace std::chrono_literals;

namespace {

const char* const thermo = R"(interface lab::Thermo : lab::Device, "a b" {
  # In degrees.
  level: f64;
  serial: string [readonly, idempotent];
  limits: tuple<f64, f64> [timeout 90s];
  reset() -> void [oneway];
  find(name: string) -> ref<lab::Device> [idempotent, timeout 5s];
  history(since: time<system, i64, ns>) -> stream<f64>;
  watch(callback<(f64, ref<lab::Device>) -> bool>, callback<() -> void>) -> void;
  load(stream<bytes>) -> ref<"ref">;
}
)";

std::string error_of(std::string_view methods) {
  try {
    parse_interface("interface A {" + std::string(methods) + "}");
  } catch (const SchemaError& error) {
    return error.what();
  }
  return "no error";
}

std::uint32_t hash_of(std::string_view signature) {
  return hash(parse_signature(signature), {});
}

}  // namespace

TEST_CASE("properties, traits and bases are in the text and come back from it") {
  const auto interface = parse_interface(thermo);
  CHECK(to_string(interface) == thermo);
  CHECK(parse_interface(to_string(interface)) == interface);
  CHECK(interface.extends == std::vector<std::string>{"lab::Device", "a b"});
  CHECK(find(interface, "reset")->traits == MethodTraits{true, false, 0ms});
  CHECK(find(interface, "find")->traits == MethodTraits{false, true, 5s});
}

TEST_CASE("a property is a method that reads it and, unless it is read-only, one that sets it") {
  const auto interface = parse_interface(thermo);
  const Signature* level = find(interface, "level");
  REQUIRE(level != nullptr);
  CHECK(level->property == Access::read_write);
  CHECK(level->doc == "In degrees.");
  CHECK(level->parameters.empty());
  CHECK(level->result.kind == Kind::f64);
  const Signature* set = find(interface, "level=");
  REQUIRE(set != nullptr);
  CHECK(*set == setter_of(*level));
  CHECK(to_string(*set) == "\"level=\"(f64) -> void");
  CHECK(parse_signature(to_string(*set)) == *set);
  CHECK(find(interface, "limits=")->traits.timeout == 90s);

  CHECK(find(interface, "serial")->property == Access::read_only);
  CHECK(find(interface, "serial=") == nullptr);
}

TEST_CASE("a method that only looks like the one that sets a property stays in the text") {
  auto interface = parse_interface(thermo);
  interface.methods[1].parameters[0].name = "value";
  CHECK(to_string(interface).find("\"level=\"(value: f64) -> void;") != std::string::npos);
  CHECK(error_of("level: f64; \"level=\"(i32) -> void;") ==
        "line 1: method 'level=' is there twice");
}

TEST_CASE("a timeout prints in the longest unit that is whole") {
  for (const char* text : {"1ms", "1500ms", "5s", "90s", "2min", "36h", "30d"}) {
    const std::string signature = "f() -> void [timeout " + std::string(text) + "]";
    CHECK(to_string(parse_signature(signature)) == signature);
  }
  CHECK(parse_signature("f() -> void [timeout 60s]").traits.timeout == 1min);
}

TEST_CASE("attributes that make no sense are refused") {
  CHECK(error_of("f() -> i32 [oneway];") == "line 1: what returns a value cannot be oneway");
  CHECK(error_of("f() -> void [oneway, oneway];") == "line 1: this attribute is there twice");
  CHECK(error_of("f() -> void [readonly];") ==
        "line 1: expected oneway, idempotent or timeout, got 'readonly'");
  CHECK(error_of("f: i32 [];") == "line 1: expected readonly, idempotent or timeout, got ']'");
  CHECK(error_of("f() -> void [timeout];") == "line 1: expected a time like 5s, got ']'");
  CHECK(error_of("f() -> void [timeout 5];") ==
        "line 1: expected ms, s, min, h or d after the number, got ']'");
  CHECK(error_of("f() -> void [timeout 5us];") ==
        "line 1: expected ms, s, min, h or d after the number, got 'us'");
  for (const char* time : {"0s", "-1s", "31d", "2592000001ms", "9223372036854775807d"})
    CHECK(error_of("f() -> void [timeout " + std::string(time) + "];") ==
          "line 1: a timeout must be positive and at most 30 days");
  CHECK(error_of("f() -> void [oneway;") == "line 1: expected ']', got ';'");
}

TEST_CASE("a kind that stands for an object is refused where its text is broken") {
  CHECK(error_of("f(ref) -> void;") == "line 1: expected '<', got ')'");
  CHECK(error_of("f(ref<>) -> void;") == "line 1: expected the name of an interface, got '>'");
  CHECK(error_of("f(stream<>) -> void;") == "line 1: expected a type, got '>'");
  CHECK(error_of("f(callback<i32>) -> void;") == "line 1: expected '(', got 'i32'");
  CHECK(error_of("f(callback<(i32)>) -> void;") == "line 1: expected '->', got '>'");
  CHECK(error_of("f(stream<X>) -> void;") == "line 1: type 'X' is not defined");
  CHECK(error_of("f(ref<X>) -> void;") == "no error");
}

TEST_CASE("traits and properties do not count in a hash, kinds and interfaces do") {
  CHECK(hash_of("f() -> f64 [idempotent, timeout 5s]") == hash_of("f() -> f64"));
  CHECK(hash_of("level: f64 [readonly]") == hash_of("f() -> f64"));
  const std::vector<std::string> distinct{"f(string) -> void",
                                          "f(ref<A>) -> void",
                                          "f(ref<B>) -> void",
                                          "f(stream<i32>) -> void",
                                          "f(stream<i64>) -> void",
                                          "f(list<i32>) -> void",
                                          "f(callback<(i32) -> void>) -> void",
                                          "f(callback<(void) -> i32>) -> void",
                                          "f(callback<(i32, i32) -> void>) -> void"};
  std::set<std::uint32_t> hashes;
  for (const auto& signature : distinct)
    hashes.insert(hash_of(signature));
  CHECK(hashes.size() == distinct.size());
  CHECK(hash_of("f(ref<lab::Device>) -> void") == hash_of("g(ref<lab::Device>) -> void"));
}
