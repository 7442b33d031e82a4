// What a method throws arrives at its caller, in every way to call it.
#include <string>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

TEST_CASE("A066 std exceptions arrive as the same type, with their text", "[exception]") {
  Stage stage(each_way());
  const auto thrower = stage.proxy<Thrower>("thrower");
  const auto call = [&](const char* kind) { return [&, kind] { thrower->standard(kind); }; };
  CHECK(caught<std::out_of_range>(call("out_of_range")) == "no such key");
  CHECK(caught<std::invalid_argument>(call("invalid_argument")) == "no such key");
  CHECK(caught<std::domain_error>(call("domain_error")) == "no such key");
  CHECK(caught<std::overflow_error>(call("overflow_error")) == "no such key");
  CHECK(caught<std::logic_error>(call("logic_error")) == "no such key");
  CHECK(caught<std::runtime_error>(call("runtime_error")) == "no such key");
  CHECK_THROWS_AS(thrower->standard("bad_alloc"), std::bad_alloc);
  CHECK(thrower->standard("none") == 0);
}

TEST_CASE("A067 an exception says where it was thrown", "[exception]") {
  Stage stage(each_way());
  try {
    stage.proxy<Thrower>("thrower")->standard("out_of_range");
    FAIL("an exception was expected");
  } catch (const rmi::RemoteInfo& info) {
    CHECK(info.type == "std::out_of_range");
    CHECK(info.text == "no such key");
    CHECK(info.object == "thrower");
    CHECK(info.method == "standard");
    CHECK_FALSE(info.host.empty());
    const auto pid = stage.proxy<Worker>("parallel")->pid();
    CHECK(has(info.process, '[' + std::to_string(pid) + ']'));
    if (stage.service) CHECK(pid == stage.service->process().pid());
  }
}

TEST_CASE("A068 an exception type of one's own arrives with its fields", "[exception]") {
  Stage stage(each_way());
  try {
    stage.proxy<Thrower>("thrower")->with_fields();
    FAIL("an exception was expected");
  } catch (const NotEnough& error) {
    CHECK(std::string(error.what()) == "only 3 are left");
    CHECK(error.balance == 3.5);
    CHECK(error.wanted == std::vector<std::string>{"tea", "cake"});
  }
}

TEST_CASE("A069 a type that the caller does not know arrives as RemoteError with name and text",
          "[exception]") {
  Stage stage(each_way());
  try {
    stage.proxy<Thrower>("thrower")->unknown();
    FAIL("an exception was expected");
  } catch (const rmi::RemoteError& error) {
    CHECK(has(error.type, "Secret"));
    CHECK(error.text == "cannot be told");
    CHECK(has(error.what(), "cannot be told"));
    CHECK(error.outcome() == rmi::Outcome::executed);
  }
}

TEST_CASE("A070 something thrown that is no exception arrives as RemoteError", "[exception]") {
  Stage stage(each_way());
  const auto thrower = stage.proxy<Thrower>("thrower");
  CHECK_THROWS_AS(thrower->number(), rmi::RemoteError);
  CHECK(thrower->fine() == 1);
}

TEST_CASE("A071 nested exceptions arrive with their causes", "[exception]") {
  Stage stage(each_way());
  try {
    stage.proxy<Thrower>("thrower")->nested();
    FAIL("an exception was expected");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()) == "the effect");
    const auto* info = dynamic_cast<const rmi::RemoteInfo*>(&error);
    REQUIRE(info != nullptr);
    REQUIRE(info->causes.size() == 1);
    CHECK(info->causes[0].type == "std::out_of_range");
    CHECK(info->causes[0].text == "the cause");
  }
}

TEST_CASE("A072 what a future or a coroutine of the object ends with arrives like the rest",
          "[exception]") {
  Stage stage(each_way());
  const auto thrower = stage.proxy<Thrower>("thrower");
  CHECK(caught<std::out_of_range>([&] { thrower->later(); }) == "no such key");
  CHECK(caught<std::out_of_range>([&] { thrower->in_task(); }) == "no such key");
}

TEST_CASE("A073 an exception arrives through a future", "[exception]") {
  Stage stage(each_way());
  auto failed = stage.proxy<Thrower>("thrower").async()->with_fields();
  try {
    failed.get();
    FAIL("an exception was expected");
  } catch (const NotEnough& error) {
    CHECK(error.balance == 3.5);
    CHECK(dynamic_cast<const rmi::RemoteInfo&>(error).method == "with_fields");
  }
}

TEST_CASE("A074 an exception arrives through a batch, where its result is read", "[exception]") {
  Stage stage(each_way());
  rmi::Batch<Thrower> batch(stage.proxy<Thrower>("thrower"));
  auto fine = batch->fine();
  auto bad = batch->with_fields();
  CHECK_NOTHROW(batch.run());
  CHECK(fine.get() == 1);
  try {
    bad.get();
    FAIL("an exception was expected");
  } catch (const NotEnough& error) {
    CHECK(error.wanted.size() == 2);
    CHECK(dynamic_cast<const rmi::RemoteInfo&>(error).method == "with_fields");
  }
}

TEST_CASE("A075 an exception arrives through a stream, after the items before it", "[exception]") {
  Stage stage(each_way());
  auto stream = stage.proxy<Thrower>("thrower")->partly(2);
  CHECK(stream.next() == 0);
  CHECK(stream.next() == 1);
  try {
    stream.next();
    FAIL("an exception was expected");
  } catch (const NotEnough& error) {
    CHECK(error.balance == 2);
  }
  CHECK_FALSE(stream.next());
}

TEST_CASE("A076 what a oneway throws is logged by the service, and hurts nobody", "[exception]") {
  Stage stage(each_transport());
  const auto thrower = stage.proxy<Thrower>("thrower");
  CHECK_NOTHROW(thrower->quietly("nobody sees this"));
  CHECK(thrower->fine() == 1);
  CHECK(eventually([&] { return has(stage.service->process().log(), "nobody sees this"); }));
  CHECK(has(stage.service->process().log(), "quietly"));
}

TEST_CASE("A077 every exception that leaves a method is logged by the service", "[exception]") {
  Stage stage(each_transport());
  const auto thrower = stage.proxy<Thrower>("thrower");
  CHECK_THROWS(thrower->nested());
  CHECK_THROWS(thrower->unknown());
  CHECK(eventually([&] {
    const auto log = stage.service->process().log();
    return has(log, "the effect") && has(log, "thrower.nested") && has(log, "cannot be told");
  }));
}
