// What RMI_INTERFACE makes of a class.
#include <rmi/names.hpp>
#include <rmi/proxy.hpp>

#include <catch2/catch.hpp>

#include "unit/invoke_entry.hpp"

namespace shop {
class Till {
 public:
  int add(int a, int b) { return a + b; }
  std::string name() const noexcept { return "till"; }
  void take(std::unique_ptr<int> coin) { sum += *coin; }
  const std::string& label(const std::string& text) { return last = text; }
  int sum = 0;
  std::string last;
};
RMI_INTERFACE(Till, add, (name, rmi::doc("Its name.")), take, (label, rmi::params("text")));
}  // namespace shop

namespace wide {
/// More methods than anybody should list.
struct Wide {
  // clang-format off
  int m0() const { return 0; } int m1() const { return 1; } int m2() const { return 2; } int m3() const { return 3; }
  int m4() const { return 4; } int m5() const { return 5; } int m6() const { return 6; } int m7() const { return 7; }
  int m8() const { return 8; } int m9() const { return 9; } int m10() const { return 10; } int m11() const { return 11; }
  int m12() const { return 12; } int m13() const { return 13; } int m14() const { return 14; } int m15() const { return 15; }
  int m16() const { return 16; } int m17() const { return 17; } int m18() const { return 18; } int m19() const { return 19; }
  int m20() const { return 20; } int m21() const { return 21; } int m22() const { return 22; } int m23() const { return 23; }
  int m24() const { return 24; } int m25() const { return 25; } int m26() const { return 26; } int m27() const { return 27; }
  int m28() const { return 28; } int m29() const { return 29; } int m30() const { return 30; } int m31() const { return 31; }
  int m32() const { return 32; } int m33() const { return 33; } int m34() const { return 34; } int m35() const { return 35; }
  int m36() const { return 36; } int m37() const { return 37; } int m38() const { return 38; } int m39() const { return 39; }
  int m40() const { return 40; } int m41() const { return 41; } int m42() const { return 42; } int m43() const { return 43; }
  int m44() const { return 44; } int m45() const { return 45; } int m46() const { return 46; } int m47() const { return 47; }
  int m48() const { return 48; } int m49() const { return 49; } int m50() const { return 50; } int m51() const { return 51; }
  int m52() const { return 52; } int m53() const { return 53; } int m54() const { return 54; } int m55() const { return 55; }
  int m56() const { return 56; } int m57() const { return 57; } int m58() const { return 58; } int m59() const { return 59; }
  int m60() const { return 60; } int m61() const { return 61; } int m62() const { return 62; } int m63() const { return 63; }
  int m64() const { return 64; } int m65() const { return 65; } int m66() const { return 66; } int m67() const { return 67; }
  int m68() const { return 68; } int m69() const { return 69; } int m70() const { return 70; } int m71() const { return 71; }
  int m72() const { return 72; } int m73() const { return 73; } int m74() const { return 74; } int m75() const { return 75; }
  int m76() const { return 76; } int m77() const { return 77; } int m78() const { return 78; } int m79() const { return 79; }
  // clang-format on
};
RMI_INTERFACE(Wide, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17,
              m18, m19, m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34,
              m35, m36, m37, m38, m39, m40, m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51,
              m52, m53, m54, m55, m56, m57, m58, m59, m60, m61, m62, m63, m64, m65, m66, m67, m68,
              m69, m70, m71, m72, m73, m74, m75, m76, m77, m78, m79)

template <class T>
struct Store {
  struct Slot {
    T get() const { return value; }
    T value{};
  };
  void put(const T& value) { kept = value; }
  T kept{};
};
RMI_INTERFACE(Store<int>, put)
RMI_INTERFACE(Store<int>::Slot, get)

struct Qualified {
  int plain() { return 1; }
  int constant() const { return 2; }
  int quiet() noexcept { return 3; }
  int both() const noexcept { return 4; }
  int lvalue() & { return 5; }
  virtual ~Qualified() = default;
  virtual int overridden() { return 6; }
};
struct Derived : Qualified {
  int overridden() override { return 7; }
};
RMI_INTERFACE(Qualified, plain, constant, quiet, both, lvalue, overridden)
}  // namespace wide

namespace {

using rmi::encoded;
using Sink = rmi::ByteSink;

}  // namespace

TEST_CASE("an interface lists its methods with signature, names and docs") {
  using Definition = rmi::detail::Interface<shop::Till>;
  const auto methods = Definition::rmi_methods();
  REQUIRE(methods.size() == 4);
  rmi::TypeTable types;
  CHECK(rmi::to_string(methods[0].signature(types)) == "add(i32, i32) -> i32");
  CHECK(methods[1].doc == "Its name.");
  CHECK(methods[3].parameters == std::vector<std::string>{"text"});
}

TEST_CASE("a method is called with decoded arguments and its result encoded") {
  shop::Till till;
  const auto methods = rmi::detail::Interface<shop::Till>::rmi_methods();
  Sink sink;
  methods[0].invoke(&till, encoded(2, 3), {}, sink);
  int sum = 0;
  rmi::decode(sink.bytes, {}, sum);
  CHECK(sum == 5);
  methods[2].invoke(&till, encoded(std::make_unique<int>(7)), {}, sink);
  CHECK(till.sum == 7);
  CHECK(sink.bytes.empty());
}

TEST_CASE("arguments that do not decode never reach the method") {
  shop::Till till;
  const auto methods = rmi::detail::Interface<shop::Till>::rmi_methods();
  Sink sink;
  CHECK_THROWS_AS(methods[0].invoke(&till, encoded(2), {}, sink), rmi::detail::ArgumentFault);
}

namespace {
template <class Class>
int call_int(Class& object, std::string_view name) {
  return rmi::invoke_entry<int>(rmi::detail::Interface<Class>::rmi_methods(), &object, name);
}
}  // namespace

TEST_CASE("an interface may list eighty methods") {
  wide::Wide object;
  CHECK(rmi::detail::Interface<wide::Wide>::rmi_methods().size() == 80);
  CHECK(call_int(object, "m0") == 0);
  CHECK(call_int(object, "m79") == 79);
}

TEST_CASE("nested classes and instances of templates have interfaces") {
  CHECK(rmi::detail::Interface<wide::Store<int>>::rmi_methods().size() == 1);
  wide::Store<int>::Slot slot{42};
  CHECK(call_int(slot, "get") == 42);
}

TEST_CASE("const, noexcept, lvalue and virtual methods can be listed") {
  wide::Qualified object;
  CHECK(call_int(object, "plain") == 1);
  CHECK(call_int(object, "constant") == 2);
  CHECK(call_int(object, "quiet") == 3);
  CHECK(call_int(object, "both") == 4);
  CHECK(call_int(object, "lvalue") == 5);
  wide::Derived derived;
  wide::Qualified& base = derived;
  CHECK(call_int(base, "overridden") == 7);
}
