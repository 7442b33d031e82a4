// The routing core: who is told of whose end.
#include <catch2/catch.hpp>

#include "ns/routing.hpp"
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

void watch(RoutingBench& bench, Peer watcher, std::uint32_t number, std::uint64_t id = 0) {
  bench.send(watcher,
             wire::build({.kind = FrameKind::watch, .call_id = id, .session = number}, {}, {}, 0));
}

}  // namespace

TEST_CASE("a watcher is told once when a session ends") {
  RoutingBench bench;
  bench.set_up();
  watch(bench, caller, 2);
  watch(bench, caller, 2);
  watch(bench, third, 2);
  CHECK(bench.silent(caller));
  bench.control(daemon_peer, FrameKind::bye, 0);
  for (const Peer watcher : {caller, third}) {
    const auto gone = bench.take(watcher);
    CHECK(gone.kind() == FrameKind::gone);
    CHECK(gone.view.header.session == 2);
    CHECK(gone.view.header.flags == wire::flag::farewell);
    CHECK(bench.silent(watcher));
  }
}

TEST_CASE("a watcher of a session that lost its connection is not told of a farewell") {
  RoutingBench bench;
  bench.set_up();
  watch(bench, caller, 2);
  bench.transport.gone.insert(daemon_peer);
  bench.core.on_gone(daemon_peer, bench.now);
  const auto gone = bench.take(caller);
  CHECK(gone.kind() == FrameKind::gone);
  CHECK(gone.view.header.flags == 0);
}

TEST_CASE("a watcher of a session that is not there is told at once") {
  RoutingBench bench;
  bench.set_up();
  watch(bench, caller, 99);
  const auto gone = bench.take(caller);
  CHECK(gone.kind() == FrameKind::gone);
  CHECK(gone.view.header.session == 99);
}

TEST_CASE("who watches a session may ask which principal's it is") {
  RoutingBench bench;
  bench.set_up();
  const auto ask = [&](std::uint32_t number) {
    bench.send(caller, wire::build({.kind = FrameKind::watch,
                                    .flags = wire::flag::whose,
                                    .call_id = 70,
                                    .session = number},
                                   {}, {}, 0));
  };
  const auto answer = [&] {
    const auto got = bench.take(caller);
    CHECK(got.kind() == FrameKind::watch);
    CHECK(got.id() == 70);
    return std::pair(got.view.header.session, got.view.header.registration);
  };
  bench.transport.origin.principal = "uid:1000";
  bench.greet(77, "elsewhere");
  const std::uint32_t other = 4;
  ask(2);
  ask(3);
  ask(other);
  const auto [second, first_principal] = answer();
  CHECK(second == 2);
  CHECK(first_principal != 0);
  CHECK(answer() == std::pair(3U, first_principal));
  const auto [last, other_principal] = answer();
  CHECK(last == other);
  CHECK(other_principal != 0);
  CHECK(other_principal != first_principal);
  ask(99);
  CHECK(bench.take(caller).kind() == FrameKind::gone);  // and nothing else
  CHECK(bench.silent(caller));
}

TEST_CASE("watching the broker or oneself says nothing") {
  RoutingBench bench;
  bench.set_up();
  watch(bench, caller, 0);
  watch(bench, caller, 1);
  bench.control(caller, FrameKind::bye, 0);
  CHECK(bench.silent(caller));
}

TEST_CASE("a watcher that ends is forgotten by those it watched") {
  RoutingBench bench;
  bench.set_up();
  watch(bench, caller, 2);
  bench.control(caller, FrameKind::bye, 0);
  CHECK(bench.core.session_numbered(2)->watchers.empty());
  bench.control(daemon_peer, FrameKind::bye, 0);
  CHECK(bench.silent(caller));
}

TEST_CASE("one watched session more than the limit is refused, and fits when one has ended") {
  Limits limits;
  limits.watched_sessions = 1;
  RoutingBench bench(limits);
  bench.set_up();
  watch(bench, caller, 2);
  watch(bench, caller, 3, 44);
  const auto refused = bench.take(caller);
  CHECK(refused.code() == ErrorCode::overloaded);
  CHECK(refused.id() == 44);
  CHECK(refused.error.text ==
        "over the limit watched-sessions of client[4711] on alpha: 1 of 1 are used; session 3 is "
        "not watched");
  watch(bench, caller, 2);  // again: no new one
  CHECK(bench.silent(caller));
  bench.control(daemon_peer, FrameKind::bye, 0);
  bench.take(caller);
  watch(bench, caller, 3);
  CHECK(bench.silent(caller));
}

TEST_CASE("a watcher whose queue is full is told when it has room") {
  RoutingBench bench;
  bench.set_up();
  watch(bench, caller, 2);
  bench.transport.full.insert(caller);
  bench.control(daemon_peer, FrameKind::bye, 0);
  CHECK(bench.silent(caller));
  CHECK(bench.core.next_timer() == bench.now + 100ms);
  bench.pass(100ms);
  bench.transport.full.clear();
  bench.pass(50ms);
  CHECK(bench.silent(caller));
  bench.pass(50ms);
  CHECK(bench.take(caller).view.header.session == 2);
  CHECK_FALSE(bench.core.next_timer());
}

TEST_CASE("what a watcher that never reads is owed is bounded, and ends with it") {
  Limits limits;
  limits.watched_sessions = 2;
  RoutingBench bench(limits);
  bench.greet(caller, "client");
  bench.transport.full.insert(caller);
  for (std::uint32_t number = 100; number < 105; ++number)
    watch(bench, caller, number);
  CHECK(bench.core.session_numbered(1)->owed == 2);
  CHECK(bench.counters().undeliverable == 3);
  bench.control(caller, FrameKind::bye, 0);
  bench.pass(1s);
  CHECK_FALSE(bench.core.next_timer());
}

TEST_CASE("a gone sent to the broker is refused") {
  RoutingBench bench;
  bench.set_up();
  bench.control(caller, FrameKind::gone, 1);
  CHECK(bench.take(caller).error.text == "a gone is sent by a broker, not to one");
}
