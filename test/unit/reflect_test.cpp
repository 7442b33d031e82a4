// C++ types to schemas. Built with g++ and clang++, which must agree on every text and hash.
#include <rmi/reflect.hpp>

#include <catch2/catch.hpp>
#include <complex>

#include "unit/sample_types.hpp"

using namespace rmi;

namespace {

namespace inner {
struct Hidden {
  int x = 0;
  template <class A>
  void serialize(A& ar) {
    ar(CEREAL_NVP(x));
  }
};
}  // namespace inner

// Two types that print alike: one is in an anonymous namespace.
namespace twins {
struct Twin {};
using First = Twin;
namespace {
struct Twin {
  int x = 0;
  template <class A>
  void serialize(A& ar) {
    ar(CEREAL_NVP(x));
  }
};
using Second = Twin;
}  // namespace
}  // namespace twins

template <class T>
std::string name() {
  TypeTable types;
  return to_string(type_of<T>(types));
}

/// The definitions that T brings along.
template <class T>
std::string definitions() {
  TypeTable types;
  type_of<T>(types);
  std::string text;
  for (const auto& definition : types.definitions())
    text += to_string(definition);
  return text;
}

}  // namespace

struct list {
  int x = 0;
  template <class A>
  void serialize(A& ar) {
    ar(CEREAL_NVP(x));
  }
};

TEST_CASE("numbers and text have the types that cereal writes") {
  CHECK(name<bool>() == "bool");
  CHECK(name<char>() == "i8");
  CHECK(name<signed char>() == "i8");
  CHECK(name<unsigned char>() == "u8");
  CHECK(name<std::byte>() == "u8");
  CHECK(name<short>() == "i16");
  CHECK(name<int>() == "i32");
  CHECK(name<unsigned>() == "u32");
  CHECK(name<long>() == "i64");
  CHECK(name<long long>() == "i64");
  CHECK(name<std::size_t>() == "u64");
  CHECK(name<float>() == "f32");
  CHECK(name<double>() == "f64");
  CHECK(name<void>() == "void");
  CHECK(name<const std::string&>() == "string");
  CHECK(name<std::vector<std::uint8_t>>() == "bytes");
  CHECK(name<std::vector<std::byte>>() == "bytes");
}

TEST_CASE("standard containers and wrappers are described by what is inside") {
  CHECK(name<std::vector<int>>() == "list<i32>");
  CHECK(name<std::vector<bool>>() == "list<bool>");
  CHECK(name<std::vector<char>>() == "list<i8>");
  CHECK(name<std::deque<std::list<int>>>() == "list<list<i32>>");
  CHECK(name<std::forward_list<std::valarray<float>>>() == "list<list<f32>>");
  CHECK(name<std::array<int, 3>>() == "array<i32, 3>");
  CHECK(name<std::array<std::uint8_t, 16>>() == "array<u8, 16>");
  CHECK(name<std::set<std::string>>() == "set<string>");
  CHECK(name<std::unordered_set<int>>() == "set<i32>");
  CHECK(name<std::multiset<int>>() == "list<i32>");
  CHECK(name<std::map<std::string, std::vector<double>>>() == "map<string, list<f64>>");
  CHECK(name<std::unordered_map<int, int>>() == "map<i32, i32>");
  CHECK(name<std::multimap<int, bool>>() == "multimap<i32, bool>");
  CHECK(name<std::optional<std::unique_ptr<int>>>() == "optional<box<i32>>");
  CHECK(name<std::pair<int, std::tuple<>>>() == "tuple<i32, tuple<>>");
  CHECK(name<std::variant<std::monostate, int, std::string>>() == "variant<void, i32, string>");
  CHECK(name<std::stack<int>>() == "list<i32>");
  CHECK(name<std::atomic<int>>() == "i32");
}

TEST_CASE("times say count, unit and clock") {
  using std::chrono::duration;
  CHECK(name<std::chrono::milliseconds>() == "duration<i64, ms>");
  CHECK(name<duration<double>>() == "duration<f64, s>");
  CHECK(name<duration<int, std::ratio<2, 60>>>() == "duration<i32, 1/30>");
  CHECK(name<std::chrono::system_clock::time_point>() == "time<system, i64, ns>");
  CHECK(name<std::chrono::sys_days>() == "time<system, i64, d>");
  CHECK(name<std::chrono::steady_clock::time_point>() == "time<steady, i64, ns>");
}

TEST_CASE("a struct is described by its cereal serialize, by whatever form of it") {
  CHECK(definitions<shop::Item>() ==
        "struct shop::Item {\n  name: string;\n  price: f64;\n  sizes: list<u32>;\n"
        "  color: optional<shop::Color>;\n}\n"
        "enum shop::Color : u8 {\n  red = 0;\n  green = 1;\n  blue = 100;\n}\n");
  CHECK(definitions<shop::Unnamed>() == "struct shop::Unnamed {\n  _0: i32;\n  _1: string;\n}\n");
  CHECK(definitions<shop::Free>() == "struct shop::Free {\n  \"the x\": i32;\n}\n");
  CHECK(definitions<shop::Split>() == "struct shop::Split {\n  x: i32;\n}\n");
  CHECK(definitions<shop::FreeSplit>() == "struct shop::FreeSplit {\n  x: i32;\n}\n");
  CHECK(definitions<shop::Private>() == "struct shop::Private {\n  x: i32;\n}\n");
  CHECK(definitions<shop::Empty>() == "struct shop::Empty {\n}\n");
  CHECK(definitions<std::complex<float>>() ==
        "struct std::complex<float> {\n  real: f32;\n  imag: f32;\n}\n");
  CHECK(name<shop::Minimal>() == "string");
  CHECK(name<shop::FreeMinimal>() == "i16");
}

TEST_CASE("versions and base classes stand where cereal writes them") {
  CHECK(definitions<shop::Versioned>() ==
        "struct shop::Versioned {\n  version<shop::Versioned, 7>;\n  x: i32;\n}\n");
  CHECK(definitions<shop::Derived>() ==
        "struct shop::Derived {\n  version<shop::VersionedBase, 4>;\n  id: i32;\n  id_2: i32;\n"
        "  name: string;\n}\n");
}

TEST_CASE("recursive structs refer to themselves by name") {
  CHECK(definitions<shop::Node>() ==
        "struct shop::Node {\n  value: string;\n  kids: list<shop::Node>;\n"
        "  next: box<shop::Node>;\n}\n");
  CHECK(definitions<shop::Odd>() ==
        "struct shop::Odd {\n  evens: list<shop::Even>;\n}\n"
        "struct shop::Even {\n  odds: map<string, shop::Odd>;\n}\n");
}

TEST_CASE("names of types are the same with every compiler") {
  struct Local {
    int x = 0;
  };
  CHECK(detail::type_name<Local>() == "Local");
  CHECK(detail::type_name<inner::Hidden>() == "inner::Hidden");
  CHECK(detail::type_name<shop::Pair<unsigned long>>() == "shop::Pair<unsigned long>");
  CHECK(detail::type_name<shop::Pair<short>>() == "shop::Pair<short>");
  CHECK(detail::type_name<shop::Pair<std::string>>() == "shop::Pair<std::string>");
  CHECK(detail::type_name<shop::Pair<shop::Pair<int>>>() == "shop::Pair<shop::Pair<int>>");
  CHECK(detail::type_name<shop::Pair<inner::Hidden>>() == "shop::Pair<inner::Hidden>");
}

TEST_CASE("two structs with one name stay two types") {
  TypeTable types;
  CHECK(to_string(type_of<twins::First>(types)) == "twins::Twin");
  CHECK(to_string(type_of<twins::Second>(types)) == "twins::Twin_2");
  CHECK(to_string(type_of<twins::First>(types)) == "twins::Twin");
  CHECK(std::get<StructType>(types.find("twins::Twin")->body).fields.empty());
  CHECK(std::get<StructType>(types.find("twins::Twin_2")->body).fields.size() == 1);
}

TEST_CASE("a struct that is called like a built-in type is quoted") {
  CHECK(name<list>() == "\"list\"");
  CHECK(parse_type(name<list>()).name == "list");
}

TEST_CASE("enumerators are found by value, with the underlying type") {
  CHECK(definitions<shop::Plain>() ==
        "enum shop::Plain : u32 {\n  plain_a = 0;\n  plain_b = 1024;\n}\n");
  CHECK(definitions<shop::Offset>() == "enum shop::Offset : i8 {\n  below = -3;\n  zero = 0;\n}\n");
  CHECK(definitions<shop::Switch>() == "enum shop::Switch : bool {\n  off = 0;\n  on = 1;\n}\n");
  CHECK(definitions<shop::Letter>() == "enum shop::Letter : i8 {\n  a = 97;\n}\n");
  CHECK(definitions<shop::Huge>() == "enum shop::Huge : u64 {\n  small = 1;\n}\n");
}

TEST_CASE("what cannot travel is known at compile time") {
  STATIC_REQUIRE(reflectable_v<int>);
  STATIC_REQUIRE(reflectable_v<const std::string&>);
  STATIC_REQUIRE(reflectable_v<void>);
  STATIC_REQUIRE(reflectable_v<std::map<std::string, std::vector<shop::Node>>>);
  STATIC_REQUIRE(reflectable_v<std::unique_ptr<int>>);
  STATIC_REQUIRE(reflectable_v<shop::Private>);
  STATIC_REQUIRE_FALSE(reflectable_v<long double>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::vector<long double>>);
  STATIC_REQUIRE_FALSE(reflectable_v<int*>);
  STATIC_REQUIRE_FALSE(reflectable_v<const char*>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::nullptr_t>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::shared_ptr<int>>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::weak_ptr<int>>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::unique_ptr<int[]>>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::unique_ptr<shop::Polymorphic>>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::string_view>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::span<int>>);
  STATIC_REQUIRE_FALSE(reflectable_v<wchar_t>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::wstring>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::u8string>);
  STATIC_REQUIRE_FALSE(reflectable_v<shop::NotSerializable>);
  STATIC_REQUIRE_FALSE(reflectable_v<std::optional<shop::NotSerializable>>);
}

TEST_CASE("signatures have names of parameters where they are given") {
  TypeTable types;
  const auto plain = signature_of<std::string, const std::string&>(types, "welcome_message");
  CHECK(to_string(plain) == "welcome_message(string) -> string");
  const auto named = signature_of<double, double, double>(types, "divide", {"a", "b"}, "Divides.");
  CHECK(to_string(named) == "divide(a: f64, b: f64) -> f64");
  CHECK(named.doc == "Divides.");
  CHECK(to_string(signature_of<void>(types, "ping")) == "ping() -> void");
}

TEST_CASE("both compilers give the same hashes") {
  TypeTable types;
  const auto hash_of = [&](const Signature& signature) { return hash(signature, types); };
  CHECK(hash_of(signature_of<int, int, int>(types, "add")) == 459999181);
  CHECK(hash_of(signature_of<void, shop::Item>(types, "f")) == 43832694);
  CHECK(hash_of(signature_of<shop::Node, shop::Odd>(types, "f")) == 2957227298);
  CHECK(hash_of(signature_of<shop::Derived, shop::Pair<std::string>>(types, "f")) == 1695922720);
}

TEST_CASE("a reflected interface survives its text") {
  InterfaceSchema interface {
    "shop::Cart", "A cart.", {}, {}, {}
  };
  interface.methods.push_back(signature_of<void, shop::Item, shop::Derived>(
      interface.types, "add", {"item", "extra"}, "Adds.\n\nMuch."));
  interface.methods.push_back(
      signature_of<shop::Node, ::list, shop::Plain, std::complex<double>>(interface.types, "odd"));
  CHECK(parse_interface(to_string(interface)) == interface);
}
