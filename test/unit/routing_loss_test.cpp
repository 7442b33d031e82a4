// The routing core when peers, leases and the broker itself go away.
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

TEST_CASE("a daemon that dies fails its calls at once and says the outcome is unknown") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(third, 2);
  bench.lines.clear();
  bench.transport.gone.insert(daemon_peer);
  bench.core.on_gone(daemon_peer, bench.now);
  const auto answer = bench.take(caller);
  CHECK(answer.id() == 1);
  CHECK(answer.code() == ErrorCode::connection_lost);
  CHECK(answer.outcome() == Outcome::unknown);
  CHECK(answer.error.text ==
        "greeter[4711] on alpha lost its connection while it had the call 'server.hi'; the call "
        "may have run");
  CHECK(bench.take(third).id() == 2);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.registry.registrations() == 0);
  CHECK(bench.counters().lost == 2);
  CHECK(bench.lines == std::vector<std::string>{"greeter[4711] on alpha lost its connection; names "
                                                "dropped: 'server'; calls in flight to it: 2"});
  bench.call(caller, 3);
  CHECK(bench.take(caller).code() == ErrorCode::name_not_found);
}

TEST_CASE("what a daemon said before it went is heard before its calls fail") {
  RoutingBench bench;
  bench.set_up();
  bench.call(bench.caller, 1);
  bench.call(bench.caller, 2);
  const auto answered = bench.take(bench.daemon);
  bench.transport.more = true;
  bench.transport.gone.insert(bench.daemon);
  bench.core.suspect(bench.daemon, bench.now);
  bench.pass(10ms);
  CHECK(bench.silent(bench.caller));
  bench.answer(bench.daemon, answered);
  CHECK(bench.take(bench.caller).kind() == wire::Kind::reply);
  SECTION("to its end") {
    bench.transport.more = false;
    bench.pass(0ms);
  }
  SECTION("for some time, if there is no end of it") {
    bench.pass(60ms);
  }
  const auto lost = bench.take(bench.caller);
  CHECK(lost.id() == 2);
  CHECK(lost.code() == ErrorCode::connection_lost);
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("a daemon that says goodbye fails the calls it still has") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.control(daemon_peer, FrameKind::bye, 0);
  CHECK_THAT(bench.take(caller).error.text, Contains("said goodbye while it had the call"));
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("a daemon found gone when a call is sent to it costs that call nothing") {
  RoutingBench bench;
  bench.set_up();
  bench.transport.gone.insert(daemon_peer);
  bench.call(caller, 1);
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::name_not_found);
  CHECK(answer.outcome() == Outcome::not_executed);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.core.in_flight() == 0);
}

TEST_CASE("a call to a shared name moves on to the next daemon when the first is gone") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "pool", .object_id = "one", .mode = NameMode::shared});
  bench.serve(third, {.name = "pool", .object_id = "two", .mode = NameMode::shared});
  bench.transport.gone.insert(daemon_peer);
  for (std::uint64_t id = 1; id <= 2; ++id) {
    bench.call(caller, id, {.object = "pool"});
    const auto call = bench.take(third);
    CHECK(call.view.object == "two");
    bench.answer(third, call);
    CHECK(bench.take(caller).id() == id);
  }
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("a caller that is gone leaves nothing but the daemon's work, which is told") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  bench.core.on_gone(caller, bench.now);
  const auto cancel = bench.take(daemon_peer);
  CHECK(cancel.kind() == FrameKind::cancel);
  CHECK(cancel.id() == call.id());
  CHECK(cancel.view.header.registration == call.view.header.registration);
  CHECK(bench.core.in_flight() == 1);  // the daemon is still busy with it
  CHECK(bench.counters().orphaned == 1);
  bench.answer(daemon_peer, call);
  CHECK(bench.counters().late == 1);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.silent(caller));
}

TEST_CASE("an orphaned call that the daemon never answers is forgotten in the end") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.remaining_ms = 0});
  bench.core.on_gone(caller, bench.now);
  bench.pass(59s);
  CHECK(bench.core.in_flight() == 1);
  bench.pass(2s);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.registry.registrations() == 1);  // the pause of 59 s is the broker's, not its fault
}

TEST_CASE("a session that calls itself and dies takes its call with it") {
  RoutingBench bench;
  bench.set_up();
  bench.call(daemon_peer, 1);
  bench.transport.gone.insert(daemon_peer);
  bench.core.on_gone(daemon_peer, bench.now);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.counters().undeliverable == 0);
}

TEST_CASE("a caller found gone when it is answered is forgotten") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(caller, 2);
  const auto call = bench.take(daemon_peer);
  bench.transport.gone.insert(caller);
  bench.answer(daemon_peer, call);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.counters().undeliverable == 1);
}

TEST_CASE("losing one daemon of two keeps the other's calls and names") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(third, {.name = "second"});
  bench.call(caller, 1);
  bench.call(caller, 2, {.object = "second"});
  bench.core.on_gone(daemon_peer, bench.now);
  CHECK(bench.take(caller).id() == 1);
  bench.answer(third, bench.take(third));
  CHECK(bench.take(caller).id() == 2);
}

TEST_CASE("a renewal keeps the names, and tells what others took") {
  RoutingBench bench;
  bench.set_up();
  for (int second = 0; second < 60; ++second) {
    if (second % 5 == 0) {
      bench.control(daemon_peer, FrameKind::renew, 7);
      const auto pong = bench.take(daemon_peer);
      CHECK(pong.kind() == FrameKind::pong);
      CHECK(pong.id() == 7);
      CHECK(pong.view.payload.empty());
    }
    bench.pass(1s);
  }
  const auto number = bench.registry.resolve("server").registration->number;
  bench.serve(third, {.name = "server", .mode = NameMode::replace});
  bench.control(daemon_peer, FrameKind::renew, 8);
  std::vector<std::uint64_t> lost;
  decode(bench.take(daemon_peer).view.payload, {}, lost);
  CHECK(lost == std::vector<std::uint64_t>{number});
  bench.control(daemon_peer, FrameKind::renew, 9);
  CHECK(bench.take(daemon_peer).view.payload.empty());
}

TEST_CASE("a daemon that stops renewing loses its names and calls and must greet again") {
  RoutingBench bench;
  bench.set_up();
  bench.readers = {caller};
  bench.call(caller, 1);
  bench.take(daemon_peer);
  bench.lines.clear();
  for (int second = 0; second < 15; ++second)
    bench.pass(1s);
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::connection_lost);
  CHECK_THAT(answer.error.text, Contains("greeter[4711] on alpha did not renew its lease while"));
  CHECK(bench.registry.registrations() == 0);
  CHECK(bench.lines ==
        std::vector<std::string>{"greeter[4711] on alpha did not renew its lease; names dropped: "
                                 "'server'"});
  bench.control(daemon_peer, FrameKind::renew, 1);
  const auto told = bench.take(daemon_peer);
  CHECK(told.code() == ErrorCode::unknown_session);
  CHECK_THAT(told.error.text, Contains("lease has lapsed"));
  Hello hello;
  hello.session[5] = 5;
  bench.send(daemon_peer, make_hello(hello));
  CHECK(bench.take(daemon_peer).kind() == FrameKind::welcome);
  bench.control(daemon_peer, FrameKind::renew, 2);
  CHECK(bench.take(daemon_peer).kind() == FrameKind::pong);
}

TEST_CASE("registrations and removals are logged in one line each, renewals are not") {
  RoutingBench bench;
  bench.set_up();
  bench.lines.clear();
  bench.serve(daemon_peer, {.name = "a"});
  bench.serve(daemon_peer, {.name = "a"});
  bench.serve(third, {.name = "b", .target = "rminame:a"});
  bench.serve(third, {.name = "a", .mode = NameMode::replace});
  bench.core.removed(bench.registry.remove("a"), "client[1] on beta");
  CHECK(bench.lines ==
        std::vector<std::string>{"'a' is served by greeter[4711] on alpha (registration 502)",
                                 "'b' stands for 'rminame:a' now", "names removed by other: 'a'",
                                 "'a' is served by other (registration 504)",
                                 "names removed by client[1] on beta: 'a'"});
}

TEST_CASE("many lost names are one short line") {
  RoutingBench bench;
  bench.greet(daemon_peer, "greeter");
  for (int number = 0; number < 8; ++number)
    bench.serve(daemon_peer, {.name = "n" + std::to_string(number)});
  bench.lines.clear();
  bench.core.on_gone(daemon_peer, bench.now);
  REQUIRE(bench.lines.size() == 1);
  CHECK_THAT(bench.lines[0], Contains("'n0', 'n1', 'n2', 'n3', 'n4' and 3 more"));
}

TEST_CASE("a broker that stops ends every call with the right outcome") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(caller, 2, {.object = "late", .flags = wire::flag::wait_for_name});
  bench.core.stop(bench.now);
  const auto waiting = bench.take(caller);
  CHECK(waiting.id() == 2);
  CHECK(waiting.code() == ErrorCode::draining);
  CHECK(waiting.outcome() == Outcome::not_executed);
  const auto running = bench.take(caller);
  CHECK(running.id() == 1);
  CHECK(running.code() == ErrorCode::connection_lost);
  CHECK(running.outcome() == Outcome::unknown);
  CHECK_THAT(running.error.text, Contains("the broker stopped while greeter[4711] on alpha had"));
  CHECK(bench.core.in_flight() == 0);
}
