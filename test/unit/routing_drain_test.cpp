// The routing core when the broker, or a daemon, goes in order.
#include <catch2/catch.hpp>

#include "routing_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using FrameKind = wire::Kind;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_peer = RoutingBench::daemon;
constexpr Peer third = RoutingBench::other;

namespace {

void check_refused(Received answer, ErrorCode code, const std::string& text) {
  CHECK(answer.code() == code);
  CHECK(answer.outcome() == Outcome::not_executed);
  CHECK_THAT(answer.error.text, Contains(text));
}

RegistrationPtr withdraw(RoutingBench& bench, Peer owner, std::uint64_t number) {
  const auto registration = bench.registry.withdraw(owner, number);
  bench.core.withdrawn(registration);
  return registration;
}

}  // namespace

TEST_CASE("a draining broker refuses new calls and lets those in flight end") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  bench.core.drain(bench.now);
  CHECK_FALSE(bench.core.drained(bench.now));
  bench.call(third, 2);
  check_refused(bench.take(third), ErrorCode::draining,
                "this broker is shutting down; the call 'server.hi' was not sent");
  CHECK(bench.silent(daemon_peer));
  bench.answer(daemon_peer, call);
  CHECK(bench.take(caller).kind() == FrameKind::reply);
  CHECK_FALSE(bench.core.drained(bench.now));  // the goodbyes
  for (const Peer peer : {caller, daemon_peer, third}) {
    CHECK(bench.take(peer).kind() == FrameKind::bye);
    bench.control(peer, FrameKind::bye, 0);
  }
  CHECK(bench.core.drained(bench.now));
}

TEST_CASE("a draining broker still answers for itself, and passes on what needs no answer") {
  RoutingBench bench;
  bench.set_up();
  bench.registry.enter_builtin("broker", {.name = "rmi.names"}, bench.now);
  bench.call(caller, 1);
  bench.take(daemon_peer);
  bench.core.drain(bench.now);
  bench.call(third, 2, {.object = "rmi.names"});
  CHECK(bench.take(third).kind() == FrameKind::reply);
  bench.call(third, 3, {.flags = wire::flag::oneway});
  CHECK(bench.take(daemon_peer).kind() == FrameKind::call);
}

TEST_CASE("a peer that has a call in flight may make others while the broker drains") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(third, {.name = "store"});
  bench.call(caller, 1);
  bench.take(daemon_peer);
  bench.core.drain(bench.now);
  bench.call(daemon_peer, 2, {.object = "store"});
  CHECK(bench.take(third).kind() == FrameKind::call);
}

TEST_CASE("calls that have not ended by the grace time end as unknown") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.core.drain(bench.now);
  bench.pass(9999ms);
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.silent(caller));
  bench.pass(1ms);
  CHECK_FALSE(bench.core.drained(bench.now));
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::connection_lost);
  CHECK(answer.outcome() == Outcome::unknown);
  CHECK(bench.take(caller).kind() == FrameKind::bye);
}

TEST_CASE("a pull of a silent stream does not hold up a draining broker") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.object = "@00000002/0000000000000001", .method = "next"});
  CHECK(bench.take(daemon_peer).kind() == FrameKind::call);
  bench.core.drain(bench.now);
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.take(daemon_peer).kind() == FrameKind::bye);
}

TEST_CASE("a peer that answers the goodbye of the broker may come back") {
  RoutingBench bench;
  bench.set_up();
  bench.send(caller, wire::build({.kind = FrameKind::watch, .session = 2}, {}, {}, 0));
  bench.core.drain(bench.now);
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.take(caller).kind() == FrameKind::bye);
  bench.control(daemon_peer, FrameKind::bye, 0);
  const auto gone = bench.take(caller);
  CHECK(gone.kind() == FrameKind::gone);
  CHECK(gone.view.header.flags == 0);
}

TEST_CASE("what is sent before a peer's goodbye is refused, and greetings after the broker's") {
  RoutingBench bench;
  bench.set_up();
  bench.core.drain(bench.now);
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.take(caller).kind() == FrameKind::bye);
  bench.call(caller, 7);
  check_refused(bench.take(caller), ErrorCode::draining, "shutting down");
  Hello hello;
  hello.session[0] = 9;
  bench.send(9, make_hello(hello));
  check_refused(bench.take(9), ErrorCode::draining, "greet it when it is back");
}

TEST_CASE("peers that do not say goodbye are waited for a second at most") {
  RoutingBench bench;
  bench.set_up();
  bench.core.drain(bench.now);
  CHECK_FALSE(bench.core.drained(bench.now));
  bench.pass(999ms);
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.core.next_timer() <= bench.now + 1ms);
  bench.pass(1ms);
  CHECK(bench.core.drained(bench.now));
}

TEST_CASE("parked calls are refused when the broker begins to drain, and none are parked then") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(third, 2, {.object = "late", .flags = wire::flag::wait_for_name});
  bench.core.drain(bench.now);
  check_refused(bench.take(third), ErrorCode::draining, "the call that waited for 'late'");
  CHECK(bench.core.parked() == 0);
}

TEST_CASE("calls to a held name wait for the successor of its owner") {
  RoutingBench bench;
  bench.set_up();
  const auto number = bench.serve(daemon_peer, {.name = "held", .hold = 5s});
  withdraw(bench, daemon_peer, number);
  bench.call(caller, 1, {.object = "held"});
  bench.call(caller, 2, {.object = "held", .flags = wire::flag::oneway});
  CHECK(bench.silent(caller));
  CHECK(bench.core.parked() == 2);
  bench.serve(third, {.name = "held"});
  const auto call = bench.take(third);
  CHECK(call.kind() == FrameKind::call);
  CHECK(bench.take(third).view.header.flags == wire::flag::oneway);
  bench.answer(third, call);
  CHECK(bench.take(caller).id() == 1);
}

TEST_CASE("a name is held, too, when the connection of its owner is lost or its lease lapses") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "a", .hold = 1min});
  bench.core.on_gone(daemon_peer, bench.now);
  bench.serve(third, {.name = "b", .hold = 1min});
  for (int i = 0; i < 4; ++i)
    bench.pass(5s);
  bench.call(caller, 1, {.object = "a"});
  bench.call(caller, 2, {.object = "b"});
  CHECK(bench.core.parked() == 2);
}

TEST_CASE("a hold that ends without a successor is told, but not to those that wait anyway") {
  RoutingBench bench;
  bench.set_up();
  withdraw(bench, daemon_peer, bench.serve(daemon_peer, {.name = "held", .hold = 5s}));
  bench.call(caller, 1, {.object = "held"});
  bench.call(third, 2, {.object = "held", .flags = wire::flag::wait_for_name});
  bench.pass(4999ms);
  CHECK(bench.silent(caller));
  bench.pass(1ms);
  check_refused(bench.take(caller), ErrorCode::name_not_found,
                "no object is served under the name 'held': it was held for 5000 ms after "
                "greeter[4711] on alpha had left, and nobody came; the call was not sent");
  CHECK(bench.core.parked() == 1);
  bench.call(caller, 3, {.object = "held"});
  check_refused(bench.take(caller), ErrorCode::name_not_found, "no object is served under");
}

TEST_CASE("a call that waits for a held name ends by its own deadline") {
  RoutingBench bench;
  bench.set_up();
  withdraw(bench, daemon_peer, bench.serve(daemon_peer, {.name = "held", .hold = 1min}));
  bench.call(caller, 1, {.object = "held", .remaining_ms = 100});
  bench.pass(100ms);
  check_refused(bench.take(caller), ErrorCode::timeout, "waited 100 ms for the name 'held'");
}

TEST_CASE("a shared name that another daemon still serves is not held") {
  RoutingBench bench;
  bench.set_up();
  const NameOffer offer{.name = "pool", .mode = NameMode::shared, .hold = 1min};
  const auto number = bench.serve(daemon_peer, offer);
  bench.serve(third, offer);
  withdraw(bench, daemon_peer, number);
  bench.call(caller, 1, {.object = "pool"});
  CHECK(bench.take(third).kind() == FrameKind::call);
}

TEST_CASE("a name that is given back while calls of it run is draining until they are over") {
  RoutingBench bench;
  bench.set_up();
  const auto number = bench.serve(daemon_peer, {.name = "brief"});
  bench.call(caller, 1, {.object = "brief"});
  const auto call = bench.take(daemon_peer);
  withdraw(bench, daemon_peer, number);
  bench.call(third, 2, {.object = "brief"});
  check_refused(bench.take(third), ErrorCode::draining,
                "greeter[4711] on alpha has given the name 'brief' back and ends the calls that "
                "it has (1); the call 'brief.hi' was not sent");
  bench.answer(daemon_peer, call);
  bench.call(third, 3, {.object = "brief"});
  check_refused(bench.take(third), ErrorCode::name_not_found, "'brief'");
}

TEST_CASE("a daemon is found by number and label, and told what to drain") {
  RoutingBench bench;
  bench.set_up();
  const auto found = bench.core.sessions_called("greeter[4711]");
  REQUIRE(found.size() == 1);
  CHECK(found[0]->peer == daemon_peer);
  CHECK(bench.core.sessions_called("greeter[4711] on alpha") == found);
  CHECK(bench.core.sessions_called(std::to_string(found[0]->number)) == found);
  CHECK(bench.core.sessions_called("greeter").empty());
  bench.core.ask_to_drain(daemon_peer, "server");
  const auto told = bench.take(daemon_peer);
  CHECK(told.kind() == FrameKind::drain);
  CHECK(told.view.object == "server");
}

TEST_CASE("a drain is sent by a broker, not to one") {
  RoutingBench bench;
  bench.set_up();
  bench.control(caller, FrameKind::drain, 4);
  CHECK_THAT(bench.take(caller).error.text, Contains("a drain is sent by a broker"));
}
