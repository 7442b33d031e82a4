// Data members and pairs of methods as properties.
#include <catch2/catch.hpp>

#include <atomic>

#include "unit/invoke_entry.hpp"

namespace lab {
using namespace std::chrono_literals;

class Thermo {
 public:
  double level = 1.5;
  std::string serial = "T-1";
  const int year = 2024;
  std::atomic<int> readings{0};
  std::unique_ptr<int> spare;

  int get_target() const { return target_; }
  void set_target(int target) { target_ = target; }
  std::string unit() const { return unit_; }
  Thermo& unit(const std::string& unit) {
    unit_ = unit;
    return *this;
  }
  const std::string& maker() const { return maker_; }
  bool hot() const { return level > 30; }

 private:
  int target_ = 20;
  std::string unit_ = "C";
  std::string maker_ = "Kelvin";
};
RMI_INTERFACE(Thermo, (level, rmi::doc("In degrees."), rmi::timeout(2s)), (serial, rmi::readonly),
              year, readings, spare, RMI_PROPERTY(target, get_target, set_target),
              RMI_PROPERTY(unit), (RMI_PROPERTY(maker, maker), rmi::doc("Who made it.")),
              RMI_PROPERTY(hot))

struct Better : Thermo {
  int digits = 3;
};
RMI_INTERFACE(Better, rmi::extends<Thermo>, digits)

}  // namespace lab

using namespace rmi;

namespace {

const std::vector<detail::MethodEntry> methods = detail::Interface<lab::Thermo>::rmi_methods();

}  // namespace

TEST_CASE("properties are published, with what can be done with them") {
  const auto schema = schema_of(detail::describe_interfaces<lab::Thermo, lab::Thermo>());
  CHECK(to_string(schema) == R"(interface lab::Thermo {
  # In degrees.
  level: f64 [timeout 2s];
  serial: string [readonly];
  year: i32 [readonly];
  readings: i32;
  spare: box<i32>;
  target: i32;
  unit: string;
  # Who made it.
  maker: string [readonly];
  hot: bool [readonly];
}
)");
  CHECK(parse_interface(to_string(schema)) == schema);
}

TEST_CASE("a data member is read and set") {
  lab::Thermo thermo;
  CHECK(invoke_entry<double>(methods, &thermo, "level") == 1.5);
  invoke_entry(methods, &thermo, "level=", 36.6);
  CHECK(thermo.level == 36.6);
  invoke_entry(methods, &thermo, "readings=", 4);
  CHECK(thermo.readings == 4);
  CHECK(invoke_entry<int>(methods, &thermo, "readings") == 4);
  invoke_entry(methods, &thermo, "spare=", std::make_unique<int>(6));
  CHECK(*thermo.spare == 6);
  CHECK(*invoke_entry<std::unique_ptr<int>>(methods, &thermo, "spare") == 6);
}

TEST_CASE("a pair of methods, also of one name, is read and set") {
  lab::Thermo thermo;
  invoke_entry(methods, &thermo, "target=", 25);
  CHECK(thermo.get_target() == 25);
  CHECK(invoke_entry<int>(methods, &thermo, "target") == 25);
  invoke_entry(methods, &thermo, "unit=", std::string("K"));
  CHECK(invoke_entry<std::string>(methods, &thermo, "unit") == "K");
  CHECK(invoke_entry<std::string>(methods, &thermo, "maker") == "Kelvin");
}

TEST_CASE("nothing sets what is const, read-only or has no setter") {
  for (const char* name : {"serial=", "year=", "maker=", "hot="})
    CHECK_THROWS_AS(entry_of(methods, name), std::out_of_range);
}

TEST_CASE("a value that does not decode leaves the property alone") {
  lab::Thermo thermo;
  CHECK_THROWS_AS(invoke_entry(methods, &thermo, "level=", 1), detail::ArgumentFault);
  CHECK_THROWS_AS(invoke_entry(methods, &thermo, "level", 1), detail::ArgumentFault);
  CHECK(thermo.level == 1.5);
}

TEST_CASE("a stub reads a property without and sets it with an argument") {
  Noted noted;
  const NoteStub<lab::Better> stub(noted);
  static_assert(std::is_same_v<decltype(stub.level()), std::type_identity<double>>);
  static_assert(std::is_same_v<decltype(stub.level(5)), std::type_identity<void>>);
  stub.level();
  CHECK(noted.method.name == "level");
  CHECK(noted.bytes == 0);
  CHECK(noted.method.print("level") == "level() -> f64");
  stub.level(5);
  CHECK(noted.method.name == "level=");
  CHECK(noted.bytes == 8);
  CHECK(noted.method.traits.timeout == std::chrono::seconds(2));
  stub.unit("F");
  CHECK(noted.method.name == "unit=");
  stub.digits(4);
  CHECK(noted.method.name == "digits=");
}

TEST_CASE("reader and setter have the signatures that a caller has") {
  Noted noted;
  const NoteStub<lab::Thermo> stub(noted);
  TypeTable types;
  stub.target(5);
  CHECK(hash(entry_of(methods, "target=").signature(types), types) == noted.method.signature);
  stub.target();
  CHECK(hash(entry_of(methods, "target").signature(types), types) == noted.method.signature);
}
