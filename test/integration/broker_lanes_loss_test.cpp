// Lanes of a broker that cannot be reached, and ends that concern them.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "test/integration/branches.hpp"
#include "test/integration/raw_peer.hpp"

using namespace branches;

namespace {

/// Greets with the same session each time.
Message hello(RawPeer& peer) {
  rmi::Hello hello;
  hello.session = {1, 2, 3};
  hello.program = "raw";
  hello.host = "here";
  hello.pid = 1;
  peer.send(rmi::make_hello(hello));
  return peer.take();
}

}  // namespace

TEST_CASE("the end of a daemon fails the calls that it has from a lane") {
  auto options = laned();
  options.lease = 500ms;
  const std::string end = GENERATE("dies", "goes from the lane", "goes from the first lane",
                                   "does not renew its lease");
  rmi::EmbeddedBroker broker(options);
  RawPeer first(broker.endpoint());
  RawPeer second(rmi::lane_endpoint(broker.endpoint(), 1));
  for (RawPeer* peer : {&first, &second})
    CHECK(hello(*peer).kind() == rmi::wire::Kind::welcome);
  first.serve(name_in(1));
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  REQUIRE(bus.wait_connected(patience));  // and knows the lanes
  auto call = rmi::Proxy<Branch>(bus, name_in(1)).async()->hold();
  CHECK(second.take().view.object == name_in(1));
  if (end == "dies" || end == "goes from the first lane") first.die();
  if (end == "dies" || end == "goes from the lane") second.die();
  CHECK_THROWS_AS(call.get(), rmi::ConnectionLost);
}

TEST_CASE("everything is found again when the broker has been restarted") {
  TempFolder folder;
  Chain chain("ipc://" + folder.file("broker"));
  for (int round = 1; round <= 3; ++round) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      CHECK(chain.branch(lane)->add(1) == round);
    chain.broker.reset();
    chain.broker.emplace(laned("ipc://" + folder.file("broker")));
  }
  // Over the lanes again, as soon as they have been found to be back.
  CHECK(eventually([&] {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      chain.branch(lane)->add(1);
    const auto counted = counters(*chain.bus);
    return counted.at("accepted.lane1") != 0 && counted.at("accepted.lane2") != 0;
  }));
}

TEST_CASE("a broker that comes back with one lane is enough") {
  TempFolder folder;
  Chain chain("ipc://" + folder.file("broker"));
  chain.branch(1)->add(1);
  chain.broker.reset();
  chain.broker.emplace(quiet_broker("ipc://" + folder.file("broker")));
  CHECK(chain.branch(1)->add(1) == 2);
  chain.broker.reset();
  chain.broker.emplace(laned("ipc://" + folder.file("broker")));
  CHECK(chain.branch(1)->add(1) == 3);
}

TEST_CASE("a lane that cannot be reached is done without") {
  TempFolder folder;
  const std::string path = folder.file("broker");
  rmi::EmbeddedBroker broker(laned("ipc://" + path));
  std::filesystem::remove(path + ".1");
  rmi::Daemon daemon(quiet_daemon(broker.endpoint()));
  daemon.serve(name_in(1), std::make_shared<Branch>());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  CHECK(rmi::Proxy<Branch>(bus, name_in(1))->add(1) == 1);
  CHECK(counters(bus).at("accepted.lane0") == 1);
}

TEST_CASE("a daemon that cannot reach a lane is called over the first one") {
  TempFolder folder;
  const std::string path = folder.file("broker");
  rmi::EmbeddedBroker broker(laned("ipc://" + path));
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  CHECK_THROWS_AS(rmi::Proxy<Branch>(bus, name_in(1))->add(1), rmi::NameNotFound);
  std::filesystem::remove(path + ".1");  // the caller has found it
  rmi::Daemon daemon(quiet_daemon(broker.endpoint()));
  const auto object = std::make_shared<Branch>();
  daemon.serve(name_in(1), object);
  for (int n = 1; n <= 5; ++n)
    CHECK(rmi::Proxy<Branch>(bus, name_in(1))->add(1) == n);
  for (int n = 1; n <= 5; ++n)
    rmi::Proxy<Branch>(bus, name_in(1))->note(1);
  CHECK(eventually([&] { return object->noted == 5; }));
}

TEST_CASE("a lane lets in who has greeted the first one") {
  rmi::EmbeddedBroker broker(laned());
  RawPeer stranger(rmi::lane_endpoint(broker.endpoint(), 1));
  const auto answer = hello(stranger);
  CHECK(answer.kind() == rmi::wire::Kind::error);
  CHECK(answer.code() == rmi::ErrorCode::unknown_session);
}

TEST_CASE("lanes that are not possible are refused") {
  auto options = quiet_broker();
  options.lanes = GENERATE(0U, 65U);
  CHECK_THROWS_WITH(rmi::EmbeddedBroker(options), Catch::Contains("expected 1 to 64"));
}

TEST_CASE("a lane whose place is taken is named") {
  TempFolder folder;
  rmi::EmbeddedBroker in_the_way(quiet_broker("ipc://" + folder.file("broker.2")));
  CHECK_THROWS_WITH(
      rmi::EmbeddedBroker(laned("ipc://" + folder.file("broker"))),
      Catch::Contains("lane 2 of the broker cannot listen at") && Catch::Contains("broker.2"));
}
