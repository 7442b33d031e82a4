// Brokers, daemons and callers that come, go and come back in any order.
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <optional>
#include <stdexcept>

#include "bus/connection.hpp"
#include "test/integration/fixture.hpp"
#include "test/integration/raw_peer.hpp"

namespace bakery {
class Oven {
 public:
  std::string bake(const std::string& what) { return "baked " + what; }
  void hold() {
    ++held;
    while (!open)
      std::this_thread::yield();
  }
  std::atomic<int> held{0};
  std::atomic<bool> open{false};
};
RMI_INTERFACE(Oven, bake, hold)

class Scale {
 public:
  int weight() { return 1; }
};
RMI_INTERFACE(Scale, (weight, rmi::idempotent))
}  // namespace bakery

using namespace rmi_test;
using bakery::Oven;

namespace {

/// An ipc endpoint, free for a broker that starts late or starts again.
struct Place {
  TempFolder folder;
  std::string endpoint = "ipc://" + folder.file("broker");
};

template <class E, class Call>
std::string text_of(Call call, rmi::Outcome outcome) {
  try {
    call();
  } catch (const E& error) {
    CHECK(error.outcome() == outcome);
    return error.what();
  }
  return "no error of that class";
}

}  // namespace

TEST_CASE("a daemon and a caller that start before their broker work when it comes") {
  const Place place;
  rmi::Daemon daemon(quiet_daemon(place.endpoint));
  daemon.serve("oven", std::make_shared<Oven>());
  CHECK_FALSE(daemon.registered());
  rmi::Bus bus(quiet_bus(place.endpoint));
  rmi::EmbeddedBroker broker(quiet_broker(place.endpoint));
  REQUIRE(daemon.wait_registered(patience));
  CHECK(rmi::Proxy<Oven>(bus, "oven")->bake("bread") == "baked bread");
}

TEST_CASE("a broker that was restarted knows the daemons again, and callers reach it") {
  const Place place;
  std::optional<rmi::EmbeddedBroker> broker(std::in_place, quiet_broker(place.endpoint));
  rmi::Daemon daemon(quiet_daemon(place.endpoint));
  daemon.serve("oven", std::make_shared<Oven>());
  rmi::Bus bus(quiet_bus(place.endpoint));
  rmi::Proxy<Oven> oven(bus, "oven");
  for (int round = 0; round < 3; ++round) {
    CHECK(oven->bake("bread") == "baked bread");
    broker.reset();
    REQUIRE(eventually([&] { return !bus.connected() && !daemon.registered(); }));
    broker.emplace(quiet_broker(place.endpoint));
    REQUIRE(daemon.wait_registered(patience));
  }
  CHECK(oven->bake("cake") == "baked cake");
}

TEST_CASE("without a broker a call ends by its deadline and says what was tried") {
  const Place place;
  rmi::Bus bus(quiet_bus(place.endpoint));
  rmi::Proxy<Oven> oven(bus, "oven");
  const auto text = text_of<rmi::NotConnected>([&] { oven.with_timeout(200ms)->bake("x"); },
                                               rmi::Outcome::not_executed);
  CHECK(text.find("cannot call oven.bake: no broker at " + place.endpoint) != std::string::npos);
  CHECK(text.find("rmi-broker") != std::string::npos);
}

TEST_CASE("a bus that shall not wait fails at once without a broker") {
  const Place place;
  auto options = quiet_bus(place.endpoint);
  options.wait_for_broker = false;
  rmi::Bus bus(std::move(options));
  const auto text = text_of<rmi::NotConnected>([&] { rmi::Proxy<Oven>(bus, "oven")->bake("x"); },
                                               rmi::Outcome::not_executed);
  CHECK(text.find("nothing accepted the connection") != std::string::npos);
}

TEST_CASE("a proxy that shall not wait fails at once while its broker is away, and others wait") {
  const Place place;
  rmi::Bus bus(quiet_bus(place.endpoint));
  const rmi::Proxy<Oven> oven(bus, "oven");
  text_of<rmi::NotConnected>([&] { oven.no_wait()->bake("x"); }, rmi::Outcome::not_executed);
  text_of<rmi::NotConnected>([&] { oven.no_wait().async()->bake("x").get(); },
                             rmi::Outcome::not_executed);
  const rmi::EmbeddedBroker broker(quiet_broker(place.endpoint));
  rmi::Daemon daemon(quiet_daemon(place.endpoint));
  daemon.serve("oven", std::make_shared<Oven>());
  CHECK(oven.waiting()->bake("cake") == "baked cake");
  CHECK(oven.no_wait()->bake("cake") == "baked cake");
}

TEST_CASE("a heartbeat out of range is refused") {
  auto options = quiet_bus("tcp://127.0.0.1:1");
  options.heartbeat = 299ms;
  CHECK_THROWS_WITH(rmi::Bus(options), "the heartbeat is 299 ms; expected 300 ms to 1 h");
}

TEST_CASE("a broker that goes while a call is under way ends it at once as unknown") {
  const Place place;
  std::optional<rmi::EmbeddedBroker> broker(std::in_place, quiet_broker(place.endpoint));
  auto oven_object = std::make_shared<Oven>();
  rmi::Daemon daemon(quiet_daemon(place.endpoint));
  daemon.serve("oven", oven_object);
  rmi::Bus bus(quiet_bus(place.endpoint));
  auto caller = std::async(std::launch::async, [&] { rmi::Proxy<Oven>(bus, "oven")->hold(); });
  REQUIRE(eventually([&] { return oven_object->held == 1; }));
  broker.reset();
  const auto text = text_of<rmi::ConnectionLost>([&] { caller.get(); }, rmi::Outcome::unknown);
  CHECK(text.find("oven.hold") != std::string::npos);
  oven_object->open = true;
}

TEST_CASE("what is made again after it was lost is not told not to have run") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  const rmi::Proxy<bakery::Scale> scale(bus, "scale");
  const auto use_doomed = [&](const auto& begin) {
    RawPeer doomed(broker.endpoint());
    doomed.greet("doomed");
    doomed.serve("scale");
    auto call = begin();
    CHECK(doomed.take().kind() == rmi::wire::Kind::call);
    doomed.die();
    return call;
  };
  auto waiting =
      use_doomed([&] { return std::async(std::launch::async, [&] { return scale->weight(); }); });
  auto text = text_of<rmi::NameNotFound>([&] { waiting.get(); }, rmi::Outcome::unknown);
  CHECK(text.find("an earlier attempt was lost and may have run") != std::string::npos);

  auto future = use_doomed([&] { return scale.async()->weight(); });
  text = text_of<rmi::NameNotFound>([&] { future.get(); }, rmi::Outcome::unknown);
  CHECK(text.find("an earlier attempt was lost and may have run") != std::string::npos);
  text_of<rmi::NameNotFound>([&] { scale->weight(); }, rmi::Outcome::not_executed);
}

TEST_CASE("a bus that is destroyed ends the calls that wait on it") {
  const Place place;
  std::optional<rmi::Bus> lonely(std::in_place, quiet_bus(place.endpoint));
  auto waiting = std::async(std::launch::async, [&] {
    const rmi::Proxy<Oven> oven(*lonely, "oven");
    oven->bake("x");
  });
  REQUIRE(eventually([&] { return lonely->connection().calls() == 1; }));
  lonely.reset();
  CHECK_THROWS_AS(waiting.get(), rmi::NotConnected);

  rmi::EmbeddedBroker broker(quiet_broker(place.endpoint));
  const auto held = std::make_shared<Oven>();
  rmi::Daemon daemon(quiet_daemon(place.endpoint));
  daemon.serve("oven", held);
  std::optional<rmi::Bus> bus(std::in_place, quiet_bus(place.endpoint));
  auto running = std::async(std::launch::async, [&] { rmi::Proxy<Oven>(*bus, "oven")->hold(); });
  REQUIRE(eventually([&] { return held->held == 1; }));
  bus.reset();
  CHECK_THROWS_AS(running.get(), rmi::ConnectionLost);
  held->open = true;
}
