// The ways to call: async, oneway, batch; and methods that answer later.
#include <catch2/catch.hpp>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"

using namespace rmi_test;
using namespace model;

namespace {

struct Fixture {
  TempFolder folder;
  Log log;
  rmi::EmbeddedBroker broker;
  rmi::Daemon daemon;
  rmi::Bus bus;
  std::shared_ptr<Counter> counter_object = std::make_shared<Counter>();
  std::shared_ptr<Slow> slow_object = std::make_shared<Slow>();

  explicit Fixture(const std::string& transport = "tcp")
      : broker(quiet_broker(transport == "tcp" ? "tcp://127.0.0.1:*"
                                               : "ipc://" + folder.file("broker"))),
        daemon([&] {
          auto options = quiet_daemon(broker.endpoint());
          options.log = log.sink();
          return options;
        }()),
        bus(quiet_bus(broker.endpoint())) {
    daemon.serve("counter", counter_object);
    daemon.serve("slow", slow_object);
  }
  rmi::Proxy<Counter> counter{bus, "counter"};
  rmi::Proxy<Slow> slow{bus, "slow"};
};

}  // namespace

TEST_CASE("async calls give futures, which wait, chain, and throw what the method threw") {
  Fixture f(GENERATE("tcp", "ipc"));
  auto sum = f.counter.async()->add(5);
  CHECK(sum.get() == 5);
  auto text = f.counter.async()->add(2).then([](int n) { return std::to_string(n); });
  CHECK(text.get() == "7");
  auto chained = f.counter.async()->add(1).then([&](int n) { return f.counter.async()->add(n); });
  CHECK(chained.get() == 16);
  auto failed = f.counter.async()->fail("no");
  REQUIRE(failed.wait_for(patience));
  CHECK_THROWS_AS(failed.get(), std::domain_error);
  auto rescued =
      f.counter.async()->fail("no").on_error([](const std::exception_ptr&) { return 42; });
  CHECK(rescued.get() == 42);
}

TEST_CASE("thousands of calls are in flight over one bus") {
  Fixture f;
  std::vector<rmi::Future<int>> sums;
  for (int i = 0; i < 5000; ++i)
    sums.push_back(f.counter.async()->add(1));
  int last = 0;
  for (auto& sum : sums) {
    const int value = sum.get();
    CHECK(value == last + 1);  // and they arrive in order
    last = value;
  }
}

TEST_CASE("an async call to nobody fails as a blocking one does") {
  Fixture f;
  rmi::Proxy<Counter> nobody(f.bus, "nobody");
  auto sum = nobody.async()->add(1);
  CHECK_THROWS_AS(sum.get(), rmi::NameNotFound);
  rmi::Bus lonely(quiet_bus("tcp://127.0.0.1:9"));
  auto never = rmi::Proxy<Counter>(lonely, "counter").with_timeout(200ms).async()->add(1);
  CHECK_THROWS_AS(never.get(), rmi::NotConnected);
}

TEST_CASE("a cancelled call completes at once, and its method is asked to stop") {
  Fixture f;
  auto pending = f.slow.async()->later();
  REQUIRE(eventually([&] { return f.daemon.bus().serving() == 1; }));
  pending.cancel();
  CHECK_THROWS_AS(pending.get(), rmi::Cancelled);
}

TEST_CASE("a cancelled call leaves its place at the broker as soon as it is over") {
  Fixture f;
  const rmi::Proxy<rmi::BrokerControl> control(f.bus, "rmi.broker");
  auto running = f.slow.async()->later();
  REQUIRE(eventually([&] { return f.daemon.bus().serving() == 1; }));
  running.cancel();
  CHECK(eventually([&] { return control->info().in_flight == 0; }));
  CHECK(control->info().counters.at("dropped.late") == 0);
}

TEST_CASE("an async call ends at its deadline") {
  Fixture f;
  auto pending = f.slow.with_timeout(100ms).async()->later();
  CHECK_THROWS_AS(pending.get(), rmi::TimeoutError);
}

TEST_CASE("a bus that ends completes what is still under way") {
  Fixture f;
  rmi::Future<int> pending;
  {
    rmi::Bus bus(quiet_bus(f.broker.endpoint()));
    pending = rmi::Proxy<Slow>(bus, "slow").async()->later();
    REQUIRE(eventually([&] { return f.daemon.bus().serving() == 1; }));
  }
  CHECK_THROWS_AS(pending.get(), rmi::Error);
}

TEST_CASE("oneways return before they run, keep their order, and their errors are logged") {
  Fixture f(GENERATE("tcp", "ipc"));
  const auto begin = std::chrono::steady_clock::now();
  f.counter->post(300);
  f.counter->post(13);
  CHECK(std::chrono::steady_clock::now() - begin < 250ms);
  CHECK(f.counter->add(0) == 313);  // after both
  CHECK(eventually([&] { return f.log.has("unlucky"); }));
  f.counter.oneway()->add(7);
  CHECK(f.counter->add(0) == 320);
}

TEST_CASE("oneways that fail at a daemon are counted, whatever they fail of") {
  Fixture f;
  f.counter->add(0);
  CHECK(f.daemon.oneway_errors() == 0);
  f.counter->post(1);
  f.counter->post(13);  // throws
  f.counter.oneway()->fail("too");
  CHECK(f.counter->add(0) == 14);  // after all of them
  CHECK(f.daemon.oneway_errors() == 2);
  f.counter->post(100);
  f.counter.with_timeout(20ms)->post(1);  // its time is over before it runs
  CHECK(f.counter->add(0) == 114);
  CHECK(f.daemon.oneway_errors() == 3);
  CHECK(f.daemon.bus().oneway_errors() == 3);
}

TEST_CASE("a oneway to nobody is logged at the caller") {
  Fixture f;
  Log log;
  auto options = quiet_bus(f.broker.endpoint());
  options.log = log.sink();
  rmi::Bus bus(options);
  rmi::Proxy<Counter>(bus, "nobody")->post(1);
  CHECK(eventually([&] {
    bus.wait_for("counter", patience);
    return log.has("oneway call was refused");
  }));
}

TEST_CASE("a batch runs in order and stops at the first error, which its result throws") {
  Fixture f(GENERATE("tcp", "ipc"));
  rmi::Batch<Counter> batch(f.counter);
  auto one = batch->add(1);
  auto two = batch->add(2);
  CHECK_FALSE(one.ready());
  CHECK_THROWS_AS(one.get(), std::logic_error);
  batch.run();
  CHECK(one.get() == 1);
  CHECK(two.get() == 3);
  CHECK(batch.size() == 0);
  auto good = batch->add(10);
  auto bad = batch->fail("stop here");
  auto never = batch->add(100);
  batch.start().get();
  CHECK(good.get() == 13);
  CHECK_THROWS_AS(bad.get(), std::domain_error);
  try {
    never.get();
    FAIL("an exception was expected");
  } catch (const rmi::Cancelled& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(std::string(error.what()).find("fail failed before it") != std::string::npos);
  }
  CHECK(f.counter->add(0) == 13);
  batch->add(4);
  batch->add(5);
  batch.post();
  CHECK(f.counter->add(0) == 22);
}

TEST_CASE("a method that answers later holds no thread") {
  Fixture f(GENERATE("tcp", "ipc"));
  auto concurrent = std::make_shared<Slow>();
  f.daemon.serve("held", concurrent, {.concurrent = true});
  rmi::Proxy<Slow> held(f.bus, "held");
  std::vector<rmi::Future<int>> pending;
  for (int i = 0; i < 3; ++i) {
    pending.push_back(held.async()->later());
    REQUIRE(eventually([&] { return concurrent->promised() == std::size_t(i) + 1; }));
  }
  CHECK(f.daemon.bus().serving() == 3);
  held->release(9);
  for (auto& answer : pending)
    CHECK(answer.get() == 9);
  CHECK(f.slow->twice(f.counter, 4) == 12);
  CHECK_THROWS_AS(f.slow->failing(), std::out_of_range);
}
