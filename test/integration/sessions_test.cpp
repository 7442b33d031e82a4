// Whole brokers over tcp and ipc: who a session is, private objects, watching, calls without
// answer.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <rmi/broker_control.hpp>

#include "bus/name_rules.hpp"
#include "test/integration/fixture.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;
using FrameKind = rmi::wire::Kind;

namespace {

struct Place {
  explicit Place(bool ipc)
      : endpoint(ipc ? "ipc://" + folder.file("bus") : std::string("tcp://127.0.0.1:*")) {}
  TempFolder folder;
  std::string endpoint;
};

}  // namespace

TEST_CASE("the broker tells who a session is: by user over ipc, by address over tcp") {
  const bool ipc = GENERATE(false, true);
  const Place place(ipc);
  Scene scene(quiet_broker(place.endpoint));
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  const auto info = control->session(scene.caller.number());
  CHECK(info.number == scene.caller.number());
  CHECK(info.label == "caller[1] on here");
  CHECK(info.program == "caller");
  CHECK(info.host == "here");
  CHECK(info.pid == 1);
  if (ipc) {
    CHECK(info.principal == "uid:" + std::to_string(::getuid()));
    CHECK(info.address == "ipc:" + std::to_string(::getpid()));
  } else {
    CHECK(info.principal == "anonymous");
    CHECK(info.address == "127.0.0.1");
  }
  CHECK_THROWS_AS(control->session(0), rmi::NameNotFound);
  CHECK_THROWS_WITH(control->session(4242),
                    "no session has the number 4242: it has ended, or never was");
}

TEST_CASE("a peer that serves no name is called by reference, and its end is told") {
  const bool ipc = GENERATE(false, true);
  const Place place(ipc);
  Scene scene(quiet_broker(place.endpoint));
  const auto object = rmi::private_name(scene.caller.number(), 0x89abcdef01234567);
  scene.daemon.call(5, {.object = object});
  const auto call = scene.caller.take();
  CHECK(call.view.object == object);
  CHECK(call.view.header.session == scene.daemon.number());
  scene.caller.reply(call);
  CHECK(scene.daemon.take().id() == 5);

  scene.daemon.send(
      rmi::wire::build({.kind = FrameKind::watch, .session = scene.caller.number()}, {}, {}, 0));
  scene.daemon.control(FrameKind::ping, 6);
  CHECK(scene.daemon.take().kind() == FrameKind::pong);  // so the watch has arrived
  scene.caller.die();
  const auto gone = scene.daemon.take();
  CHECK(gone.kind() == FrameKind::gone);
  CHECK(gone.view.header.session == scene.caller.number());
  scene.daemon.call(7, {.object = object});
  CHECK(scene.daemon.take().code() == rmi::ErrorCode::name_not_found);
}

TEST_CASE("many oneway calls arrive in order, as fast as they are read") {
  Scene scene;
  constexpr std::uint64_t calls = 3000;
  constexpr std::uint64_t top = 1ULL << 63U;
  for (std::uint64_t id = 1; id <= calls; ++id)
    scene.caller.call(top | id, {.flags = rmi::wire::flag::oneway, .payload = id});
  for (std::uint64_t id = 1; id <= calls; ++id) {
    const auto call = scene.daemon.take();
    REQUIRE(call.id() == 0);
    REQUIRE(call.view.payload.size() == id);
  }
  scene.caller.control(FrameKind::ping, 3);
  CHECK(scene.caller.take().kind() == FrameKind::pong);  // no errors came before it
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  CHECK(control->info().counters.at("oneways") == calls);
}

TEST_CASE("names are watched as a stream of changes") {
  const bool ipc = GENERATE(false, true);
  const Place place(ipc);
  Scene scene(quiet_broker(place.endpoint));
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  auto changes = names->watch({.prefix = "s"});
  const auto next = [&] {
    const auto change = changes.next();
    REQUIRE(change);
    return std::pair(change->kind, change->entry.name);
  };
  CHECK(next() == std::pair(rmi::NameEvent::entered, std::string("server")));
  scene.daemon.serve("s2");
  CHECK(next() == std::pair(rmi::NameEvent::entered, std::string("s2")));
  names->set_tags("s2", {"blue"});
  CHECK(next() == std::pair(rmi::NameEvent::changed, std::string("s2")));
  names->remove("s2");
  CHECK(next() == std::pair(rmi::NameEvent::removed, std::string("s2")));
  CHECK_THROWS_AS(names->watch({.regex = "("}), rmi::BadArguments);
}

TEST_CASE("a watch that its reader drops is given back") {
  Scene scene;
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  for (int i = 0; i < 200; ++i) {  // more than one session may have at a time
    bool opened = false;
    CHECK(eventually([&] {
      try {
        auto changes = names->watch({.prefix = "server"});
        opened = changes.next().has_value();
      } catch (const rmi::Overloaded&) {
        // What was dropped is told in batches, a little later.
      }
      return opened;
    }));
  }
}
