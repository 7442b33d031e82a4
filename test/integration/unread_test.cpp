// Callers that never read, over real connections: cut off, and nobody else notices.
#include <catch2/catch.hpp>
#include <rmi/broker_control.hpp>

#include "bus/wire.hpp"
#include "test/integration/deaf_peer.hpp"
#include "test/integration/fixture.hpp"

namespace {

class Giver {
 public:
  std::string give(std::uint64_t bytes) { return std::string(bytes, 'x'); }
};
RMI_INTERFACE(Giver, give)

}  // namespace

using namespace rmi_test;

namespace {

rmi::Frame call_of_give(std::uint64_t id, std::uint64_t bytes) {
  rmi::Frame frame = rmi::wire::build({.kind = rmi::wire::Kind::call,
                                       .remaining_ms = 60'000,
                                       .signature = rmi::detail::Signed<&Giver::give>::hash(),
                                       .call_id = id},
                                      "giver", "give", rmi::encoded_size(bytes));
  rmi::encode(rmi::wire::payload_of(frame), bytes);
  return frame;
}

struct GiverScene {
  explicit GiverScene(rmi::EmbeddedBroker::Options options)
      : broker(std::move(options)),
        daemon(quiet_daemon(broker.endpoint())),
        bus(quiet_bus(broker.endpoint())) {
    daemon.serve("giver", std::make_shared<Giver>());
  }
  rmi::BrokerInfo info() { return rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")->info(); }

  rmi::EmbeddedBroker broker;
  rmi::Daemon daemon;
  rmi::Bus bus;
};

}  // namespace

TEST_CASE("a caller that reads no large answers is cut off, while others are served") {
  const TempFolder folder;
  std::string endpoint;
  SECTION("tcp") {
    endpoint = "tcp://127.0.0.1:*";
  }
  SECTION("ipc") {
    endpoint = "ipc://" + folder.file("broker");
  }
  Log log;
  auto options = quiet_broker(endpoint);
  options.limits = {"unread-bytes-per-session=1MiB", "unread-time=300ms"};
  options.log = log.sink();
  GiverScene scene(options);
  const rmi::Proxy<Giver> giver(scene.bus, "giver");
  DeafPeer deaf(scene.broker.endpoint());
  CHECK(eventually([&] { return scene.info().sessions == 3; }));
  for (std::uint64_t id = 1; id <= 200; ++id)
    deaf.send(call_of_give(id, 64 << 10));
  CHECK(eventually([&] {
    deaf.ping();
    CHECK(giver->give(100).size() == 100);
    return scene.info().counters.at("slow_consumers") == 1;
  }));
  CHECK(scene.info().sessions == 2);
  CHECK(eventually([&] { return !deaf.ping(); }));
  CHECK(eventually([&] { return log.has("does not read its answers"); }));
  CHECK(giver->give(2 << 20).size() == 2 << 20);  // the limit is for what is not read
}

TEST_CASE("a caller that fills its queue with small answers is cut off, while others are served") {
  // The buffers of tcp take so many that a slow build needs longer than the 6 s after which the
  // kernel gives up a connection whose other end takes nothing.
  const TempFolder folder;
  auto options = quiet_broker("ipc://" + folder.file("broker"));
  options.limits = {"calls-per-session=100", "calls-per-daemon=1000"};
  GiverScene scene(options);
  const rmi::Proxy<Giver> giver(scene.bus, "giver");
  DeafPeer deaf(scene.broker.endpoint());
  CHECK(eventually([&] { return scene.info().sessions == 3; }));
  std::uint64_t id = 0;
  CHECK(eventually([&] {
    for (int some = 0; some < 1000; ++some)
      if (!deaf.send(call_of_give(++id, 0))) break;
    deaf.ping();
    CHECK(giver->give(100).size() == 100);
    return scene.info().counters.at("slow_consumers") == 1;
  }));
  CHECK(scene.info().sessions == 2);
  CHECK(eventually([&] { return !deaf.ping(); }));
}

TEST_CASE("callers that are reset with all their calls under way harm nobody") {
  GiverScene scene(quiet_broker());
  std::string calls;
  for (int some = 0; some < 80; ++some) {
    for (std::uint64_t id = 1; id <= 100; ++id)
      calls += DeafPeer::framed(call_of_give(id, 0));
    calls += DeafPeer::heartbeat();
  }
  for (int round = 0; round < 50; ++round) {
    DeafPeer peer(scene.broker.endpoint());
    peer.write(calls);
    peer.reset();
  }
  CHECK(eventually([&] { return scene.info().sessions == 2; }));
  const rmi::Proxy<Giver> giver(scene.bus, "giver");
  CHECK(giver->give(100).size() == 100);
}
