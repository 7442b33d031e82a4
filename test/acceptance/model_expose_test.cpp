// What of a class can be reached from elsewhere: listed methods and properties, nothing else.
#include <string>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

TEST_CASE("A042 a public method that is not listed cannot be called", "[expose]") {
  Stage stage(each_way());
  CHECK(stage.proxy<Safe>("safe")->listed() == 1);
  const rmi::AnyProxy any(stage.bus, "safe");
  CHECK(any.call<int>("listed") == 1);
  const auto text = caught<rmi::MethodNotFound>([&] { any.call<int>("unlisted"); });
  CHECK(has(text, "'unlisted'"));
  CHECK(has(text, "listed"));  // what there is instead
}

TEST_CASE("A043 a private method and members of the class cannot be called", "[expose]") {
  Stage stage;
  const rmi::AnyProxy any(stage.bus, "safe");
  for (const char* name : {"secret", "~Safe", "Safe", "operator=", "__class__", "", "listed()"}) {
    CAPTURE(name);
    CHECK_FALSE(has(caught<rmi::MethodNotFound>([&] { any.call(name); }), "(nothing)"));
    CHECK_THROWS_AS(any.call(name), rmi::MethodNotFound);
  }
}

TEST_CASE("A044 a misspelt method is refused with the nearest name, and has not run", "[expose]") {
  Stage stage(each_way());
  try {
    rmi::AnyProxy(stage.bus, "safe").call<int>("lsited");
    FAIL("an exception was expected");
  } catch (const rmi::MethodNotFound& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(has(error.what(), "listed"));
  }
}

TEST_CASE("A045 an interface that extends another has what that has, overridden", "[expose]") {
  Stage stage(each_way());
  const auto manager = stage.proxy<Manager>("manager");
  CHECK(manager->title() == "manager");
  CHECK(manager->reports() == 7);
  CHECK(manager->salary() == 100);
  const auto employee = stage.proxy<Employee>("manager");  // seen as what it extends
  CHECK(employee->title() == "manager");
  CHECK(has(rmi::to_string(rmi::AnyProxy(stage.bus, "manager").schema()), "title() -> string"));
}

TEST_CASE("A046 one object serves several interfaces under one name", "[expose]") {
  Stage stage(each_way());
  stage.proxy<Writer>("disk")->write("kept");
  CHECK(stage.proxy<Reader>("disk")->read() == "kept");
  CHECK(stage.proxy<rmi::Names>("rmi.names")->lookup("disk").name == "disk");
}

TEST_CASE("A047 a class of somebody else is served without touching it", "[expose]") {
  Stage stage(each_way());
  const auto pump = stage.proxy<vendor::Pump>("pump");
  CHECK(pump->run(2) == 2);
  CHECK(pump->run(3) == 5);
  CHECK_THROWS_AS(rmi::AnyProxy(stage.bus, "pump").call("explode"), rmi::MethodNotFound);
}

TEST_CASE("A048 an object publishes its methods with their signatures", "[expose]") {
  Stage stage(each_way());
  const auto text = rmi::to_string(rmi::AnyProxy(stage.bus, "echo").schema());
  CHECK(has(text, "model::Echo"));
  CHECK(has(text, "text(string) -> string"));
  CHECK(has(text, "a: i32, b: string, c: f64, d: bool"));
  const auto traits = rmi::to_string(rmi::AnyProxy(stage.bus, "serial").schema());
  CHECK(has(traits, "post(i32, string) -> void [oneway]"));
}

TEST_CASE("A049 a caller with another signature is refused before anything is decoded",
          "[expose]") {
  Stage stage(each_way());
  const rmi::AnyProxy any(stage.bus, "echo");
  try {
    any.call<std::string>("text", 5);
    FAIL("an exception was expected");
  } catch (const rmi::SignatureMismatch& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(has(error.what(), "text(string) -> string"));
    CHECK(has(error.what(), "text(i32) -> string"));
  }
  CHECK_THROWS_AS(any.call<std::string>("text", "a", "b"), rmi::SignatureMismatch);
  CHECK_THROWS_AS(any.call<std::string>("text"), rmi::SignatureMismatch);
}

TEST_CASE("A050 a property is read and set", "[attribute]") {
  Stage stage(each_way());
  const auto thermo = stage.proxy<Thermo>("thermo");
  CHECK(thermo->level() == 1.5);
  thermo->level(31.25);
  CHECK(thermo->level() == 31.25);
  CHECK(thermo->hot());
  CHECK(thermo->target() == 20);
  thermo->target(25);
  CHECK(thermo->target() == 25);
}

TEST_CASE("A051 a read-only property cannot be set", "[attribute]") {
  Stage stage(each_way());
  const auto thermo = stage.proxy<Thermo>("thermo");
  CHECK(thermo->serial() == "T-1");
  CHECK(thermo->year() == 2024);
  const rmi::AnyProxy any(stage.bus, "thermo");
  for (const char* name : {"serial", "year", "hot"}) {
    CAPTURE(name);
    const auto text = caught<rmi::MethodNotFound>([&] {
      if (std::string(name) == "serial")
        any.set(name, std::string("T-2"));
      else
        any.set(name, 1);
    });
    CHECK(has(text, name));
    CHECK(has(text, "read-only"));
  }
  CHECK(thermo->serial() == "T-1");
}

TEST_CASE("A052 a data member that is not listed can neither be read nor set", "[attribute]") {
  Stage stage;
  const rmi::AnyProxy any(stage.bus, "thermo");
  CHECK_THROWS_AS(any.get<std::string>("unlisted"), rmi::MethodNotFound);
  CHECK_THROWS_AS(any.set("unlisted", std::string("x")), rmi::MethodNotFound);
  CHECK_THROWS_AS(any.get<int>("target_"), rmi::MethodNotFound);
}

TEST_CASE("A053 a setter that refuses a value throws at whoever sets it", "[attribute]") {
  Stage stage(each_way());
  const auto thermo = stage.proxy<Thermo>("thermo");
  CHECK(caught<std::out_of_range>([&] { thermo->target(101); }) == "too hot: 101");
  CHECK(thermo->target() == 20);
}

TEST_CASE("A054 properties are read and set without the header, by type and by JSON",
          "[attribute]") {
  Stage stage(each_way());
  const rmi::AnyProxy any(stage.bus, "thermo");
  CHECK(any.get<double>("level") == 1.5);
  any.set("level", 2.5);
  CHECK(any.call_json("level", "[]") == "2.5");
  any.call_json("target=", "[33]");
  CHECK(any.get<int>("target") == 33);
  CHECK_THROWS_AS(any.set("level", std::string("warm")), rmi::SignatureMismatch);
}

TEST_CASE("A055 a path through an attribute of an attribute is refused", "[attribute]") {
  Stage stage;
  const rmi::AnyProxy any(stage.bus, "thermo");
  CHECK_THROWS_AS(any.call("serial.size"), rmi::MethodNotFound);
  CHECK_THROWS_AS(any.call("this->level"), rmi::MethodNotFound);
  CHECK_THROWS_AS(rmi::AnyProxy(stage.bus, "thermo.level").call("get"), rmi::NameNotFound);
}
