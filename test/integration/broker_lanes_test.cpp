// A broker of several lanes: what goes over which, and that callers need not know.
#include <catch2/catch.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "test/integration/branches.hpp"

using namespace branches;

TEST_CASE("each lane carries the calls of its names") {
  TempFolder folder;
  const std::string endpoint = GENERATE("tcp", "ipc");
  Chain chain(endpoint == "tcp" ? "tcp://127.0.0.1:*" : "ipc://" + folder.file("broker"));
  for (int round = 1; round <= 5; ++round)
    for (std::size_t lane = 0; lane < lanes; ++lane)
      CHECK(chain.branch(lane)->add(1) == round);
  const auto counted = counters(*chain.bus);
  CHECK(counted.at("accepted") == 15);
  CHECK(counted.at("accepted.lane0") == 5);
  CHECK(counted.at("accepted.lane1") == 5);
  CHECK(counted.at("accepted.lane2") == 5);
  CHECK_FALSE(counted.contains("refused.NameNotFound"));
}

TEST_CASE("a broker of one lane does not count by lane") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  CHECK_FALSE(counters(bus).contains("accepted.lane0"));
}

TEST_CASE("a name can be called as soon as it is served, and not after") {
  Chain chain;
  for (int round = 0; round < 50; ++round) {
    const std::string name = name_in(1, 10 + round);
    rmi::Proxy<Branch> proxy(*chain.bus, name);
    chain.daemon->serve(name, std::make_shared<Branch>());
    CHECK(proxy->add(1) == 1);
    chain.daemon->unserve(name);
    CHECK_THROWS_AS(proxy->add(1), rmi::NameNotFound);
  }
  CHECK(counters(*chain.bus).at("accepted.lane1") == 50);
}

TEST_CASE("a caller has one session in all lanes") {
  Chain chain;
  const auto session = chain.branch(0)->caller();
  CHECK(session != 0);
  CHECK(chain.branch(1)->caller() == session);
  CHECK(chain.branch(2)->caller() == session);
  chain.daemon->serve(name_in(1, 2), rmi::per_session<Basket>());
  rmi::Proxy<Basket> basket(*chain.bus, name_in(1, 2));
  CHECK(basket->put(1) == 1);
  CHECK(basket->put(1) == 2);
  rmi::Bus other(quiet_bus(chain.broker->endpoint()));
  CHECK(rmi::Proxy<Basket>(other, name_in(1, 2))->put(1) == 1);
}

TEST_CASE("calls of one thread arrive in order over a lane") {
  Chain chain;
  std::vector<rmi::Future<int>> sums;
  chain.daemon->serve(name_in(2, 1), chain.objects[2]);  // one after the other
  rmi::Proxy<Branch> proxy(*chain.bus, name_in(2, 1));
  for (int n = 0; n < 500; ++n)
    sums.push_back(proxy.async()->add(n));
  for (auto& sum : sums)
    sum.get();
  std::vector<int> wanted(500);
  std::iota(wanted.begin(), wanted.end(), 0);
  CHECK(chain.objects[2]->added() == wanted);
}

TEST_CASE("oneways arrive over a lane, also when the lane does not know the name") {
  Chain chain;
  for (int n = 0; n < 100; ++n)
    chain.branch(1)->note(1);
  CHECK(eventually([&] { return chain.objects[1]->noted == 100; }));
  // An alias is known to the first lane only.
  const std::string alias = name_in(1, 3);
  rmi::Proxy<rmi::Names>(*chain.bus, "rmi.names")
      ->enter({.name = alias, .target = "rminame:" + chain.names[1]});
  rmi::Proxy<Branch>(*chain.bus, alias)->note(1);
  CHECK(eventually([&] { return chain.objects[1]->noted == 101; }));
}

TEST_CASE("what a lane cannot route goes over the first one") {
  Chain chain;
  const std::string alias = name_in(2, 3);
  rmi::Proxy<rmi::Names>(*chain.bus, "rmi.names")
      ->enter({.name = alias, .target = "rminame:" + chain.names[1]});
  CHECK(rmi::Proxy<Branch>(*chain.bus, alias)->add(1) == 1);
  CHECK(rmi::Proxy<Branch>(*chain.bus, alias).async()->add(1).get() == 2);
  chain.daemon->serve(name_in(1, 4), std::make_shared<Branch>(), {.tags = {"tagged"}});
  CHECK(rmi::Proxy<Branch>(*chain.bus, "rmimeta:tagged")->add(5) == 5);
  const std::string nobody = name_in(1, 5);
  CHECK_THROWS_WITH(rmi::Proxy<Branch>(*chain.bus, nobody)->add(1),
                    Catch::Contains("under the name '" + nobody + "'"));
}

TEST_CASE("a call that waits for its name gets there when that is served") {
  Chain chain;
  const std::string name = name_in(1, 6);
  auto waits = rmi::Proxy<Branch>(*chain.bus, name).waiting().async()->add(3);
  REQUIRE(eventually([&] {
    return rmi::Proxy<rmi::BrokerControl>(*chain.bus, "rmi.broker")->info().waiting == 1;
  }));
  chain.daemon->serve(name, std::make_shared<Branch>());
  CHECK(waits.get() == 3);
}

TEST_CASE("calls over a lane are counted with the others") {
  Chain chain;
  auto held = chain.branch(1).async()->hold();
  REQUIRE(eventually([&] { return chain.objects[1]->held == 1; }));
  chain.branch(1)->add(1);
  rmi::Proxy<rmi::BrokerControl> control(*chain.bus, "rmi.broker");
  CHECK(control->info().in_flight == 1);
  const auto stats = control->stats(chain.names[1]);
  REQUIRE(stats.size() == 1);
  CHECK(stats[0].calls == 2);
  CHECK(stats[0].in_flight == 1);
  const auto list =
      rmi::Proxy<rmi::Names>(*chain.bus, "rmi.names")->list({.prefix = chain.names[1]});
  REQUIRE(list.size() == 1);
  CHECK(list[0].in_flight == 1);
  for (const auto& limit : control->limits())
    if (limit.name == "calls-per-session") CHECK(limit.used == 1U);
  chain.objects[1]->let_go();
  CHECK(held.get());
}

TEST_CASE("a call that is given up is told so over its lane") {
  Chain chain;
  auto held = chain.branch(1).async()->hold();
  REQUIRE(eventually([&] { return chain.objects[1]->held == 1; }));
  held.cancel();
  CHECK(eventually([&] { return chain.objects[1]->left == 1; }));
  // Its place is free again.
  CHECK(eventually([&] {
    return rmi::Proxy<rmi::BrokerControl>(*chain.bus, "rmi.broker")->info().in_flight == 0;
  }));
  CHECK_THROWS_AS(chain.branch(2).with_timeout(50ms)->hold(), rmi::TimeoutError);
  CHECK(eventually([&] { return chain.objects[2]->left == 1; }));
}

TEST_CASE("more calls wait in a method than a lane has workers") {
  Chain chain;
  std::vector<rmi::Future<bool>> held;
  const int more = 4;
  auto options = quiet_daemon(chain.broker->endpoint());
  options.threads = 8;
  rmi::Daemon daemon(options);
  const auto object = std::make_shared<Branch>();
  daemon.serve(name_in(1, 7), object, {.concurrent = true});
  rmi::Proxy<Branch> proxy(*chain.bus, name_in(1, 7));
  for (int i = 0; i < more; ++i)
    held.push_back(proxy.async()->hold());
  CHECK(eventually([&] { return object->held == more; }));
  CHECK(proxy->add(1) == 1);
  object->let_go();
  for (auto& call : held)
    CHECK(call.get());
}
