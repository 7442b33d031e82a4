// What a principal may have over all its sessions.
#include "ns/principals.hpp"

#include <catch2/catch.hpp>

#include "ns/limit_report.hpp"
#include "routing_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using FrameKind = wire::Kind;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_peer = RoutingBench::daemon;
constexpr Peer third = RoutingBench::other;

TEST_CASE("a meter lets ten seconds' worth through at once, and then so many a second") {
  RateMeter meter;
  Time now = Time{} + 100s;
  for (int taken = 0; taken < 20; ++taken)
    CHECK(meter.take(2, now));
  CHECK_FALSE(meter.take(2, now));
  CHECK(meter.per_second(2, now) == 2);
  now += 499ms;
  CHECK_FALSE(meter.take(2, now));
  now += 2ms;
  CHECK(meter.take(2, now));
  CHECK_FALSE(meter.take(2, now));
  now += 1h;
  CHECK(meter.per_second(2, now) == 0);
  for (int taken = 0; taken < 20; ++taken)
    CHECK(meter.take(2, now));
  CHECK_FALSE(meter.take(2, now));
}

TEST_CASE("peers that nobody knows are told apart by where they come from") {
  CHECK(Principals::name_of({.address = "ipc:17", .principal = "uid:1000"}) == "uid:1000");
  CHECK(Principals::name_of({.address = "10.0.0.7"}) == "anonymous at 10.0.0.7");
}

TEST_CASE("a principal is forgotten with its last session") {
  Principals principals;
  PrincipalUsage& one = principals.join("uid:1");
  CHECK(&principals.join("uid:1") == &one);
  CHECK(one.sessions == 2);
  principals.join("uid:2");
  CHECK(principals.size() == 2);
  principals.leave(one);
  REQUIRE(principals.find("uid:1") == &one);
  principals.leave(one);
  CHECK(principals.find("uid:1") == nullptr);
  CHECK(principals.size() == 1);
}

TEST_CASE("one session more than a principal may have is refused, others are not") {
  Limits limits;
  limits.sessions_per_principal = 1;
  RoutingBench bench(limits);
  bench.transport.origin.principal = "uid:1";
  bench.greet(caller, "a");
  Hello hello;
  hello.session[0] = 77;
  bench.send(third, make_hello(hello));
  const auto refused = bench.take(third);
  CHECK(refused.code() == ErrorCode::overloaded);
  CHECK(refused.error.text ==
        "over the limit sessions-per-principal of uid:1: 1 of 1 are used; this connection gets "
        "none; try again later");
  bench.transport.origin.principal = "uid:2";
  bench.greet(daemon_peer, "b");
  bench.control(caller, FrameKind::bye, 0);
  bench.transport.origin.principal = "uid:1";
  bench.greet(third, "c");
}

TEST_CASE("calls of all sessions of a principal count together, and are free again after") {
  Limits limits;
  limits.calls_per_principal = 2;
  RoutingBench bench(limits);
  bench.transport.origin.principal = "uid:1";
  bench.greet(caller, "one");
  bench.greet(third, "two");
  bench.transport.origin.principal = "uid:2";
  bench.greet(daemon_peer, "greeter");
  bench.serve(daemon_peer, {.name = "server"});
  bench.call(caller, 1);
  bench.call(third, 1);
  const auto refused = [&](Peer peer) {
    bench.call(peer, 9);
    if (bench.silent(peer)) return false;
    CHECK_THAT(bench.take(peer).error.text, Contains("calls-per-principal of uid:1: 2 of 2"));
    return true;
  };
  CHECK(refused(caller));
  CHECK(refused(third));
  bench.call(daemon_peer, 1);  // another principal
  CHECK(bench.silent(daemon_peer) == false);
  SECTION("when a call is answered") {
    bench.answer(daemon_peer, bench.take(daemon_peer));
    CHECK(bench.take(caller).id() == 1);
  }
  SECTION("when the caller gives up") {
    bench.control(caller, FrameKind::cancel, 1);
  }
  SECTION("when a session ends") {
    bench.control(third, FrameKind::bye, 0);
  }
  SECTION("when the deadline has passed") {
    bench.pass(60s);
    while (!bench.silent(caller))
      bench.take(caller);
  }
  CHECK_FALSE(refused(caller));
}

TEST_CASE("what is used of the limits is reported with who uses the most") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(caller, 2);
  bench.call(third, 1);
  LimitReport report;
  bench.core.report_limits(report);
  CHECK(report.of(LimitId::sessions).used == 3);
  CHECK(report.of(LimitId::calls_per_session).used == 2);
  CHECK(report.of(LimitId::calls_per_session).by == "client[4711] on alpha");
  CHECK(report.of(LimitId::calls_per_daemon).used == 3);
  CHECK(report.of(LimitId::calls_per_daemon).by == "greeter[4711] on alpha");
  CHECK(report.of(LimitId::calls_per_principal).used == 3);
  CHECK(report.of(LimitId::calls_per_principal).by == "anonymous at ?");
  CHECK_FALSE(report.of(LimitId::store_calls).known);
}
