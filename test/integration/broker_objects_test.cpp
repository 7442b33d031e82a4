// The broker's own objects over the wire, and the life of a whole broker.
#include <catch2/catch.hpp>
#include <future>
#include <rmi/broker_control.hpp>
#include <thread>

#include "test/integration/fixture.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using FrameKind = rmi::wire::Kind;

TEST_CASE("names whose lease is not renewed go") {
  auto options = quiet_broker();
  options.lease = 200ms;
  Scene scene(options);
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  CHECK(eventually([&] { return names->count({.prefix = "server"}) == 0; }));
  scene.daemon.control(FrameKind::renew, 12);
  CHECK(scene.daemon.take().code() == rmi::ErrorCode::unknown_session);
}

TEST_CASE("a broker that stops ends all calls, and says which may have run") {
  Scene scene;
  scene.caller.call(1);
  scene.daemon.take();
  scene.caller.call(2, {.object = "late", .flags = rmi::wire::flag::wait_for_name});
  scene.caller.control(FrameKind::ping, 3);
  CHECK(scene.caller.take().kind() == FrameKind::pong);
  scene.broker.stop();
  const auto waiting = scene.caller.take();
  CHECK(waiting.id() == 2);
  CHECK(waiting.code() == rmi::ErrorCode::draining);
  const auto running = scene.caller.take();
  CHECK(running.id() == 1);
  CHECK(running.code() == rmi::ErrorCode::connection_lost);
  CHECK_THAT(running.error.text, StartsWith("the broker stopped while daemon[1] on here had"));
  scene.broker.stop();  // does nothing
}

TEST_CASE("brokers in one process share nothing") {
  Scene first;
  Scene second;
  first.daemon.serve("only in the first");
  second.caller.call(1, {.object = "only in the first"});
  CHECK(second.caller.take().code() == rmi::ErrorCode::name_not_found);
  first.broker.stop();
  second.check_works();
}

TEST_CASE("the broker tells about itself") {
  Scene scene;
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  control->ping();
  const auto info = control->info();
  CHECK(info.version == "0.1.0");
  CHECK(info.endpoints == scene.broker.endpoints());
  CHECK(info.lease == 6s);
  CHECK(info.sessions == 3);
  CHECK(info.names == 3);
  CHECK(info.epoch != 0);
  CHECK(info.counters.at("accepted") == 0);
  scene.check_works();
  CHECK(control->info().counters.at("replied") == 1);
}

TEST_CASE("the broker tells what is used of its limits, by whom, and what was refused") {
  auto options = quiet_broker();
  options.limits = {"calls-per-session=1"};
  Scene scene(options);
  scene.caller.call(1);
  scene.daemon.take();
  scene.caller.call(2);
  const auto refused = scene.caller.take();
  CHECK(refused.code() == rmi::ErrorCode::overloaded);
  CHECK(refused.error.text ==
        "over the limit calls-per-session of caller[1] on here: 1 of 1 are used; the call "
        "'server.method' was not sent");
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  for (const auto& limit : rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")->limits()) {
    if (limit.name == "sessions-per-principal") CHECK(limit.by == "anonymous at 127.0.0.1");
    if (limit.name == "message-size") CHECK_FALSE(limit.used);
    if (limit.name != "calls-per-session") continue;
    CHECK(limit.limit == 1);
    CHECK(limit.used == 1);
    CHECK(limit.by == "caller[1] on here");
    CHECK(limit.refused == 1);
  }
}

TEST_CASE("a broker with a limit that is none does not start") {
  auto options = quiet_broker();
  options.limits = {"calls-per-sesion=1"};
  CHECK_THROWS_WITH(rmi::EmbeddedBroker(options), Contains("did you mean 'calls-per-session'"));
}

TEST_CASE("who may not be drained is told why") {
  Scene scene;
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  rmi::Proxy<rmi::Names>(bus, "rmi.names")->enter({.name = "nick", .target = "rminame:server"});
  CHECK_THROWS_WITH(control->drain("broker"), Contains("is part of"));
  CHECK_THROWS_WITH(control->drain("rmi.names"), Contains("the broker's own"));
  CHECK_THROWS_WITH(control->drain("nick"), Contains("stands for 'rminame:server'"));
  CHECK_THROWS_WITH(control->drain("nobody"), Contains("no name and no daemon 'nobody'"));
  CHECK_THROWS_WITH(control->drain("caller[1]"), Contains("serves no name"));
  scene.check_works();
}

TEST_CASE("a daemon is told to drain by its label, its number, or one of its names") {
  Scene scene;
  scene.daemon.control(FrameKind::ping, 1);
  CHECK(scene.daemon.take().kind() == FrameKind::pong);
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  const std::vector<std::string> told{"daemon[1] on here"};
  CHECK(control->drain("daemon[1] on here") == told);
  CHECK(scene.daemon.take().view.object.empty());
  CHECK(control->drain("daemon[1]") == told);
  CHECK(scene.daemon.take().kind() == FrameKind::drain);
  CHECK(control->drain(std::to_string(scene.daemon.number())) == told);
  CHECK(scene.daemon.take().view.object.empty());
  CHECK(control->drain("server") == told);
  CHECK(scene.daemon.take().view.object == "server");
}

TEST_CASE("names are looked up, listed, tagged, counted and removed through rmi.names") {
  Scene scene;
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  CHECK(names->lookup("server").owner == "daemon[1] on here");
  names->set_tags("server", {"blue"});
  CHECK(names->tags("server") == std::set<std::string>{"blue"});
  CHECK(names->count({.tags = {"blue"}}) == 1);
  names->enter({.name = "nick", .target = "rminame:server"});
  CHECK(names->lookup("nick").name == "server");
  CHECK(names->list({.regex = "nick|server"}).size() == 2);
  CHECK_THROWS_AS(names->lookup("servr"), rmi::NameNotFound);
  CHECK_THROWS_AS(names->list({.regex = "("}), rmi::BadArguments);
  CHECK_THROWS_AS(names->enter({.name = "server"}), rmi::NameTaken);
  CHECK(names->wait("server").name == "server");
  CHECK(names->remove("server") == 1);
  CHECK(names->remove_matching({.prefix = "n"}) == 1);
  CHECK(names->count({}) == 2);
  CHECK_FALSE(names->withdraw(1));
}

TEST_CASE("a caller can wait for a name until it is served, or until its time is over") {
  Scene scene;
  scene.daemon.control(FrameKind::ping, 1);
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  CHECK(scene.daemon.take().kind() == FrameKind::pong);
  auto late = std::async(std::launch::async, [&] { return names->wait("late").owner; });
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  CHECK(eventually([&] { return control->info().waiting == 1; }));
  scene.daemon.serve("late");
  CHECK(late.get() == "daemon[1] on here");
  CHECK_THROWS_WITH(names.with_timeout(2s)->wait("never"),
                    Contains("for the name 'never', which nobody served"));
}
