// Callers without the header: streams, modes and notes of AnyProxy.
#include <catch2/catch.hpp>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"

using namespace rmi_test;
using namespace model;

namespace {

struct Fixture {
  rmi::EmbeddedBroker broker{quiet_broker()};
  rmi::Daemon daemon{quiet_daemon(broker.endpoint())};
  rmi::Bus bus{quiet_bus(broker.endpoint())};
};

}  // namespace

TEST_CASE("a stream is read as JSON by who has no header, and closed early") {
  Fixture f;
  f.daemon.serve("feed", std::make_shared<Feed>(), {.concurrent = true});
  const rmi::AnyProxy any(f.bus, "feed");

  std::vector<std::string> read;
  for (const std::string& item : any.stream_json("count", "[0, 3]"))
    read.push_back(item);
  CHECK(read == std::vector<std::string>{"0", "1", "2"});
  {
    auto endless = any.stream_json("count", "[0, 2000000000]");
    CHECK(endless.next() == "0");
    CHECK(Feed::open == 1);
  }
  CHECK(eventually([] { return Feed::open == 0; }));

  auto broken = any.stream_json("broken", "[1]");
  CHECK(broken.next() == "0");
  CHECK_THROWS_AS(broken.next(), std::domain_error);
}

TEST_CASE("what is no stream is not read as one") {
  Fixture f;
  const auto counter = std::make_shared<Counter>();
  f.daemon.serve("counter", counter);
  const rmi::AnyProxy any(f.bus, "counter");
  CHECK_THROWS_AS(any.stream_json("add", "[1]"), rmi::SignatureMismatch);
  CHECK_THROWS_AS(any.stream_json("nothing", "[]"), rmi::MethodNotFound);
  CHECK(any.call<int>("add", 0) == 0);  // nothing ran
}

TEST_CASE("who has no header can call without waiting for the method") {
  Fixture f;
  const auto counter = std::make_shared<Counter>();
  f.daemon.serve("counter", counter);
  const rmi::AnyProxy any(f.bus, "counter");
  CHECK(any.oneway().call_json("add", "[5]") == "null");
  CHECK(eventually([&] { return any.call<int>("add", 0) == 5; }));
  CHECK(any.oneway().schema().name == "model::Counter");
}

TEST_CASE("who has no header can wait for the name") {
  Fixture f;
  const rmi::AnyProxy any(f.bus, "late");
  CHECK_THROWS_AS(any.call<int>("add", 1), rmi::NameNotFound);
  std::thread later([&] { f.daemon.serve("late", std::make_shared<Counter>()); });
  const int sum = any.waiting().call<int>("add", 1);
  later.join();
  CHECK(sum == 1);
}
