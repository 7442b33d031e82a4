// Schemas as data: text and back, hashes.
#include <rmi/schema.hpp>

#include <catch2/catch.hpp>
#include <random>

using namespace rmi;

namespace {

const char* const shop = R"(# A shop.
#
# With two paragraphs.
interface shop::Cart {
  # Adds items.
  add(items: list<shop::Item>, note: optional<string>) -> u64;
  total() -> f64;
  find("the id": u64) -> variant<void, shop::Item, string>;
  all(bool, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, string, bytes) -> tuple<>;
  times(duration<i64, ms>, duration<f64, 1/60>, time<system, i64, ns>) -> time<"time", i32, d>;
  more(set<i32>, map<string, list<f64>>, multimap<i32, "list">, array<i8, 18446744073709551615>) -> box<Box<int>>;
  rmi.schema() -> string;
}
struct shop::Item {
  version<shop::Base, 4294967295>;
  name: string;
  "odd \"name\"\x0a": f64;
  kids: list<shop::Item>;
  color: Color;
}
enum Color : u8 {
  red = 0;
  green = -9223372036854775808;
}
struct "list" {
}
struct Box<int> {
}
)";

std::string error_of(std::string_view text) {
  try {
    parse_interface(text);
  } catch (const SchemaError& error) {
    return error.what();
  }
  return "no error";
}

std::string hash_text(std::string_view signature, std::string_view definitions = "") {
  const auto interface =
      parse_interface("interface I {" + std::string(signature) + ";}" + std::string(definitions));
  return std::to_string(hash(interface.methods.at(0), interface.types));
}

/// A random type of at most that depth; names come from a small pool with awkward ones.
Type random_type(std::mt19937& random, int depth) {
  static const std::vector<std::string> names{"A", "a::B<int>", "list", "", "x y", "\"\\\n", "ü"};
  const auto pick = [&](int n) {
    return static_cast<std::size_t>(std::uniform_int_distribution<int>(0, n - 1)(random));
  };
  Type type;
  type.kind = static_cast<Kind>(pick(depth > 0 ? 30 : 14));
  const auto add = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      type.items.push_back(random_type(random, depth - 1));
  };
  switch (type.kind) {
    case Kind::named:
      type.name = names[pick(7)];
      break;
    case Kind::optional:
    case Kind::box:
    case Kind::list:
    case Kind::set:
    case Kind::stream:
      add(1);
      break;
    case Kind::callback:
      add(1 + pick(3));
      break;
    case Kind::version:
      type.size = pick(1000);
      [[fallthrough]];
    case Kind::ref:
      type.name = names[pick(7)];
      break;
    case Kind::array:
      add(1);
      type.size = pick(1000);
      break;
    case Kind::map:
    case Kind::multimap:
      add(2);
      break;
    case Kind::tuple:
      add(pick(4));
      break;
    case Kind::variant:
      add(1 + pick(3));
      break;
    case Kind::time:
      type.name = names[pick(7)];
      [[fallthrough]];
    case Kind::duration:
      type.items.push_back({});
      type.items[0].kind = Kind::i64;
      type.num = pick(2) == 0 ? 1 : 60;
      type.den = pick(2) == 0 ? 1000 : 7;
      break;
    default:
      break;
  }
  return type;
}

}  // namespace

TEST_CASE("the text of an interface parses to the interface it was printed from") {
  const auto interface = parse_interface(shop);
  CHECK(to_string(interface) == shop);
  CHECK(parse_interface(to_string(interface)) == interface);
  CHECK(interface.doc == "A shop.\n\nWith two paragraphs.");
  REQUIRE(interface.methods.size() == 7);
  CHECK(interface.methods[0].doc == "Adds items.");
  CHECK(interface.methods[2].parameters[0].name == "the id");
  CHECK(interface.types.definitions().size() == 4);
}

TEST_CASE("random types and signatures print and parse back") {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const Type type = random_type(random, 4);
    INFO(to_string(type));
    REQUIRE(parse_type(to_string(type)) == type);
    const Signature signature{
        "m",
        {{"", type}, {"i32", random_type(random, 2)}, {"a b", random_type(random, 1)}},
        type,
        {}};
    REQUIRE(parse_signature(to_string(signature)) == signature);
  }
}

TEST_CASE("a signature prints as people write it") {
  Signature signature = parse_signature("welcome_message(string)->string");
  CHECK(to_string(signature) == "welcome_message(string) -> string");
  signature = parse_signature(" divide ( a :f64,\n b: f64 ) -> f64 ");
  CHECK(to_string(signature) == "divide(a: f64, b: f64) -> f64");
}

TEST_CASE("a text that is no interface is refused with the line and what was expected") {
  CHECK(error_of("") == "line 1: expected 'interface', got the end");
  CHECK(error_of("interface") == "line 1: expected the name of an interface, got the end");
  CHECK(error_of("interface A") == "line 1: expected '{', got the end");
  CHECK(error_of("interface A {\n f( -> i32; }") == "line 2: expected a name or a type, got '->'");
  CHECK(error_of("interface A {\n f(i32 i32) -> i32; }") == "line 2: expected ',', got 'i32'");
  CHECK(error_of("interface A { f() - i32; }") == "line 1: expected '->', got '-'");
  CHECK(error_of("interface A { f() -> i32 }") == "line 1: expected ';', got '}'");
  CHECK(error_of("interface A { f() -> X; }") == "line 1: type 'X' is not defined");
  CHECK(error_of("interface A { f() -> i32;\n f() -> i32; }") ==
        "line 2: method 'f' is there twice");
  CHECK(error_of("interface A {} struct S {} \n enum S : u8 {}") ==
        "line 2: type 'S' is defined twice");
  CHECK(error_of("interface A {} struct S { a: i32; a: i32; }") ==
        "line 1: field 'a' is there twice");
  CHECK(error_of("interface A {} struct S { i32; }") == "line 1: a field needs a name");
  CHECK(error_of("interface A {} enum E : f32 {}") ==
        "line 1: expected an integer type, got 'f32'");
  CHECK(error_of("interface A {} enum E : u8 { a = 9223372036854775808; }") ==
        "line 1: expected a 64-bit integer, got '9223372036854775808'");
  CHECK(error_of("interface A {} nonsense") ==
        "line 1: expected 'struct' or 'enum', got 'nonsense'");
  CHECK(error_of("interface A { f(map<i32>) -> i32; }") == "line 1: expected ',', got '>'");
  CHECK(error_of("interface A { f(variant<>) -> i32; }") == "line 1: expected a type, got '>'");
  CHECK(error_of("interface A { f(duration<string, s>) -> i32; }") ==
        "line 1: the count of a duration must be a number");
  CHECK(error_of("interface A { f(duration<i64, 1/0>) -> i32; }") ==
        "line 1: a unit must be positive");
  CHECK(
      error_of("interface A { f(duration<i64, weeks>) -> i32; }") ==
      "line 1: expected a unit (ns, us, ms, s, min, h, d or seconds as a fraction like 1/60), got "
      "'weeks'");
  CHECK(error_of("interface \"A") == "line 1: expected '\"' at the end of a name");
  CHECK(error_of("interface \"A\\q\"") ==
        "line 1: expected \\\", \\\\ or \\x and two hex digits after a backslash");
  CHECK(error_of("interface A { \x01 }") == "line 1: expected a name or a symbol, got \"\\x01\"");
}

TEST_CASE("a hostile schema text is refused before it costs much") {
  std::string deep = "interface A { f(";
  for (int i = 0; i < 100000; ++i)
    deep += "list<";
  CHECK(error_of(deep) == "line 1: types are nested deeper than 64");
  CHECK(error_of(std::string(max_schema_text + 1, ' ')) ==
        "a schema of 4194305 bytes is over the limit of 4194304");
  std::string wide = "interface A { f(variant<i8";
  for (int i = 0; i < 256; ++i)
    wide += ",i8";
  CHECK(error_of(wide + ">) -> i32; }") == "line 1: expected '>', got ','");
  std::string text = shop;
  for (std::size_t length = 0; length < text.size() - 3; ++length) {
    INFO(length);
    CHECK(error_of(text.substr(0, length)) != "");
  }
}

TEST_CASE("the hash of a signature covers types and nothing else") {
  const auto same = hash_text("add(i32, i32) -> i32");
  CHECK(hash_text("plus(i32, i32) -> i32") == same);
  CHECK(hash_text("add(a: i32, b: i32) -> i32") == same);
  CHECK(hash_text("\n# Adds.\nadd(i32, i32) -> i32") == same);
  CHECK(hash_text("add(f64, f64) -> f64") != same);
  CHECK(hash_text("add(i32) -> i32") != same);
  CHECK(hash_text("add(i32, i32) -> i64") != same);
  CHECK(hash_text("add(tuple<i32, i32>) -> i32") != same);
}

TEST_CASE("the hash of a signature looks into structs and enums, not at their names") {
  const auto same = hash_text("f(A) -> void", "struct A { x: i32; y: E; } enum E : u8 { r = 1; }");
  CHECK(hash_text("f(B) -> void", "struct B { x: i32; y: F; } enum F : u8 { r = 1; }") == same);
  CHECK(hash_text("f(A) -> void", "struct A { z: i32; y: E; } enum E : u8 { r = 1; }") != same);
  CHECK(hash_text("f(A) -> void", "struct A { x: i64; y: E; } enum E : u8 { r = 1; }") != same);
  CHECK(hash_text("f(A) -> void", "struct A { x: i32; y: E; } enum E : i8 { r = 1; }") != same);
  CHECK(hash_text("f(A) -> void", "struct A { x: i32; y: E; } enum E : u8 { r = 2; }") != same);
}

TEST_CASE("recursive types have a hash that tells their shapes apart") {
  const auto list = hash_text("f(N) -> void", "struct N { v: i32; next: box<N>; }");
  CHECK(hash_text("f(M) -> void", "struct M { v: i32; next: box<M>; }") == list);
  CHECK(hash_text("f(N) -> void", "struct N { v: i32; next: list<N>; }") != list);
  const auto cycle = "struct A { b: box<B>; } struct B { a: box<A>; }";
  CHECK(hash_text("f(A) -> void", cycle) !=
        hash_text("f(A) -> void", "struct A { b: box<B>; } struct B { a: box<B>; }"));
}

TEST_CASE("hashes do not change from one release to the next") {
  CHECK(hash_text("f() -> void") == "680235811");
  CHECK(hash_text("add(i32, i32) -> i32") == "459999181");
  CHECK(std::to_string(hash(parse_interface(shop))) == "3798326923");
}

TEST_CASE("the hash of an interface does not depend on the order of its methods") {
  const auto hash_of = [](const char* methods) {
    return hash(parse_interface("interface A {" + std::string(methods) + "}"));
  };
  const auto same = hash_of("f() -> i32; g() -> i64;");
  CHECK(hash_of("g() -> i64; f() -> i32;") == same);
  CHECK(hash_of("g() -> i32; f() -> i64;") != same);
  CHECK(hash_of("f() -> i32;") != same);
  CHECK(hash_of("") != 0);
}

TEST_CASE("a chain of structs that would overflow the stack has no hash") {
  std::string text = "interface A { f(S0) -> void; }";
  for (int i = 0; i < 5000; ++i)
    text += "struct S" + std::to_string(i) + "{ s: S" + std::to_string(i + 1) + ";}";
  text += "struct S5000 {}";
  CHECK_THROWS_WITH(hash(parse_interface(text)), "structs are nested deeper than 1000");
}

TEST_CASE("types that print alike get names of their own") {
  TypeTable types;
  const int a = 0, b = 0, c = 0;
  CHECK(types.declare(&a, "Item") == std::pair<std::string, bool>("Item", true));
  CHECK(types.declare(&b, "Item") == std::pair<std::string, bool>("Item_2", true));
  CHECK(types.declare(&a, "Item") == std::pair<std::string, bool>("Item", false));
  CHECK(types.declare(&c, "Item") == std::pair<std::string, bool>("Item_3", true));
  CHECK_THROWS_WITH(types.add({"Item", StructType{}}), "type 'Item' is defined twice");
  CHECK_THROWS_WITH(types.define("Other", StructType{}), "type 'Other' was not declared");
}

TEST_CASE("methods are found by name") {
  const auto interface = parse_interface(shop);
  REQUIRE(find(interface, "total") != nullptr);
  CHECK(find(interface, "total")->result.kind == Kind::f64);
  CHECK(find(interface, "totals") == nullptr);
  CHECK(method_names(interface).size() == 7);
}
