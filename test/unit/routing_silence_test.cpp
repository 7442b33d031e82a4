// Callers that stand still while daemons work for them.
#include <catch2/catch.hpp>

#include "routing_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using FrameKind = wire::Kind;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_peer = RoutingBench::daemon;

namespace {

constexpr auto look = 3s;  // a fifth of the lease

/// With a call in flight.
struct SilenceBench : RoutingBench {
  SilenceBench() {
    transport.origin.link.fd = 17;
    set_up();
    call(caller, 90, {.remaining_ms = 0});
    kept.emplace(take(daemon));
  }
  /// Time passes, look by look, and the daemon renews.
  void pass_looks(int looks) {
    for (int i = 0; i < looks; ++i) {
      control(daemon, wire::Kind::renew, 0);
      pass(look);
    }
  }
  std::optional<Received> kept;
};

}  // namespace

TEST_CASE("a caller that answers nothing any more is lost within a lease, and its call cancelled") {
  SilenceBench bench;
  CHECK(bench.core.next_timer() <= bench.now + look);
  bench.pass_looks(4);
  CHECK(bench.transport.inbox[caller].size() == 3);
  CHECK(bench.take(caller).kind() == FrameKind::ping);
  CHECK(bench.core.sessions() == 3);
  bench.pass_looks(1);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.counters().silent_callers == 1);
  CHECK(bench.counters().orphaned == 1);
  CHECK(bench.transport.hung_up == std::vector<int>{17});
  CHECK_THAT(bench.lines.at(bench.lines.size() - 2),
             Contains("client[4711] on alpha waits for answers and has said nothing for 12000 ms; "
                      "its session ends"));
  while (bench.take(daemon_peer).kind() != FrameKind::cancel) {
  }
  bench.answer(daemon_peer, *bench.kept);
  CHECK(bench.counters().late == 1);
  bench.transport.inbox[caller].clear();
  bench.greet(caller, "client");  // may come back
}

TEST_CASE("a caller that answers pings may wait for as long as its call takes") {
  SilenceBench bench;
  bench.readers = {caller};
  bench.pass_looks(9);
  CHECK(bench.pings_answered > 3);
  CHECK(bench.core.sessions() == 3);
  bench.answer(daemon_peer, *bench.kept);
  CHECK(bench.take(caller).kind() == FrameKind::reply);
}

TEST_CASE("who has no call in flight need not say anything") {
  SilenceBench bench;
  bench.answer(daemon_peer, *bench.kept);
  bench.take(caller);
  bench.pass_looks(9);
  CHECK(bench.silent(caller));
  CHECK(bench.core.sessions() == 3);
}

TEST_CASE("a broker that was stopped itself takes nobody for silent") {
  SilenceBench bench;
  for (int i = 0; i < 9; ++i) {
    bench.pass(1h);
    bench.control(daemon_peer, FrameKind::renew, 0);
    bench.control(caller, FrameKind::pong, 0);  // what was in the queue
  }
  CHECK(bench.core.sessions() == 3);
  CHECK(bench.core.in_flight() == 1);
}
