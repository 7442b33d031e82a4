// Calls that are made again after a lost answer, of objects that keep their replies.
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>

#include "test/integration/till.hpp"

using namespace rmi_test;
using namespace till;

TEST_CASE("a call whose answer was lost with the broker is answered again and ran once") {
  Shop shop;
  auto call = shop.lose(
      [&] { return std::async(std::launch::async, [&] { return shop.proxy()->pay_slowly(5); }); });
  shop.finish_payment();
  shop.broker.emplace(quiet_broker(shop.endpoint));
  CHECK(call.get() == 5);
  CHECK(shop.till->runs == 1);
  CHECK(shop.till->stopped == 0);
  CHECK(shop.proxy()->pay(1) == 6);
}

TEST_CASE("a future whose answer was lost with the broker is answered again, and ran once") {
  Shop shop;
  auto future = shop.lose([&] { return shop.proxy().async()->pay_slowly(5); });
  shop.finish_payment();
  shop.broker.emplace(quiet_broker(shop.endpoint));
  CHECK(future.get() == 5);
  CHECK(shop.till->runs == 1);
  CHECK(shop.proxy().async()->pay(1).get() == 6);
}

TEST_CASE("a call that still runs when it is made again goes on, and its answer arrives") {
  Shop shop;
  auto waiting = shop.lose(
      [&] { return std::async(std::launch::async, [&] { return shop.proxy()->pay_slowly(5); }); });
  shop.broker.emplace(quiet_broker(shop.endpoint));
  REQUIRE(shop.daemon->wait_registered(patience));
  const rmi::Proxy<rmi::BrokerControl> control(shop.bus, "rmi.broker");
  REQUIRE(eventually([&] {
    const auto stats = control->stats("till");
    return !stats.empty() && stats.front().in_flight == 1;
  }));
  shop.till->open = true;
  CHECK(waiting.get() == 5);
  CHECK(shop.till->runs == 1);
  CHECK(shop.till->stopped == 0);
}

TEST_CASE("what a method threw is kept as well") {
  Shop shop;
  auto call = shop.lose(
      [&] { return std::async(std::launch::async, [&] { return shop.proxy()->pay_slowly(-1); }); });
  shop.finish_payment();
  shop.broker.emplace(quiet_broker(shop.endpoint));
  CHECK_THROWS_AS(call.get(), std::out_of_range);
  CHECK(shop.till->runs == 1);
}

TEST_CASE("a call whose daemon was replaced after it is not made again, and is told as unknown") {
  const bool async = GENERATE(false, true);
  Shop shop;
  auto call = shop.lose([&]() -> std::future<int> {
    if (async)
      return std::async(std::launch::deferred,
                        [future = std::make_shared<rmi::Future<int>>(
                             shop.proxy().async()->pay_slowly(5))] { return future->get(); });
    return std::async(std::launch::async, [&] { return shop.proxy()->pay_slowly(5); });
  });
  shop.finish_payment();
  shop.daemon.reset();
  shop.broker.emplace(quiet_broker(shop.endpoint));
  shop.open_daemon();
  const auto text = text_of<rmi::ConnectionLost>([&] { call.get(); }, rmi::Outcome::unknown);
  check_says(text, "'till' in ");
  check_says(text, "does not know this call");
  check_says(text, "an earlier attempt was lost and may have run");
  CHECK(shop.till->runs == 1);
}

TEST_CASE("a daemon that was replaced between two calls is asked for another ticket") {
  Shop shop;
  CHECK(shop.proxy()->pay(1) == 1);
  shop.daemon.reset();
  shop.open_daemon();
  CHECK(shop.proxy()->pay(2) == 3);
  shop.daemon.reset();
  shop.open_daemon();
  CHECK(shop.proxy().async()->pay(3).get() == 6);
  CHECK(shop.till->runs == 3);
  shop.daemon.reset();
  shop.open_daemon(0);
  check_says(text_of<rmi::BadArguments>([&] { shop.proxy()->pay(4); }, rmi::Outcome::not_executed),
             "'till' keeps no replies");
  check_says(text_of<rmi::BadArguments>([&] { shop.proxy().async()->pay(4).get(); },
                                        rmi::Outcome::not_executed),
             "'till' keeps no replies");
  CHECK(shop.till->runs == 3);
}

TEST_CASE("an object that keeps no replies says so, and runs what is idempotent") {
  Shop shop(0);
  const auto text =
      text_of<rmi::BadArguments>([&] { shop.proxy()->pay(1); }, rmi::Outcome::not_executed);
  check_says(text, "'till' keeps no replies");
  check_says(text, "kept_replies");
  check_says(text, "rmi::idempotent");
  check_says(text_of<rmi::BadArguments>(
                 [&] { rmi::AnyProxy(shop.bus, "till").retried().call<int>("pay", 1); },
                 rmi::Outcome::not_executed),
             "'till' keeps no replies");
  CHECK(shop.proxy()->total() == 0);
  CHECK(shop.till->runs == 0);
  shop.proxy().oneway()->pay(2);
  CHECK(eventually([&] { return shop.till->sum == 2; }));
}

TEST_CASE("calls by tags are not made again, and shared names keep no replies") {
  Shop shop;
  const auto by_tag = rmi::Proxy<Till>(shop.bus, "rmimeta:interface:till::Till").retried();
  check_says(text_of<rmi::BadArguments>([&] { by_tag->pay(1); }, rmi::Outcome::not_executed),
             "call it by its name");
  CHECK_THROWS_WITH(shop.daemon->serve("tills", std::make_shared<Till>(),
                                       {.mode = rmi::NameMode::shared, .kept_replies = 1}),
                    Catch::Contains("kept_replies goes without NameMode::shared"));
}

TEST_CASE("calls with marks take every path, and batches are one call") {
  TempFolder folder;
  rmi::EmbeddedBroker broker(quiet_broker());
  auto options = quiet_daemon(broker.endpoint());
  options.listen = "ipc://" + folder.file("daemon");
  rmi::Daemon daemon(options);
  const auto till = std::make_shared<Till>();
  daemon.serve("till", till, {.kept_replies = 8});
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  const auto proxy = rmi::Proxy<Till>(bus, "till").retried();
  int sum = 0;
  for (const auto path :
       {rmi::Path::brokered, rmi::Path::direct, rmi::Path::in_process, rmi::Path::nearest}) {
    CHECK(proxy.over(path)->pay(1) == ++sum);
    CHECK(proxy.over(path).async()->pay(1).get() == ++sum);
    CHECK(proxy.over(path)->notes().empty());
  }
  CHECK(rmi::AnyProxy(bus, "till").retried().call<int>("pay", 1) == ++sum);
  rmi::Batch<Till> batch(proxy);
  auto first = batch->pay(1);
  auto second = batch->pay(1);
  batch.run();
  CHECK(first.get() == sum + 1);
  CHECK(second.get() == sum + 2);
}
