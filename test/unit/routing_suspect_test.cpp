// The routing core when it is not sure whether a peer is gone.
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

TEST_CASE("a suspect is pinged again and again until the connection turns out to be gone") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.take(daemon_peer);
  bench.core.suspect(daemon_peer, bench.now);
  CHECK(bench.take(daemon_peer).kind() == FrameKind::ping);
  CHECK(bench.silent(third));
  CHECK(bench.core.next_timer().value() <= bench.now + 16ms);
  bench.pass(2ms);
  CHECK(bench.take(daemon_peer).kind() == FrameKind::ping);
  bench.transport.gone.insert(daemon_peer);
  bench.pass(20ms);
  CHECK(bench.take(caller).code() == ErrorCode::connection_lost);
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("a suspect that stays is left alone after a few pings") {
  RoutingBench bench;
  bench.set_up();
  bench.core.suspect(daemon_peer, bench.now);
  for (int step = 0; step < 200; ++step)
    bench.pass(1s);
  CHECK(bench.transport.inbox[daemon_peer].size() == 10);
  bench.core.suspect(98, bench.now);  // a stranger
  CHECK(bench.silent(98));
}

TEST_CASE("a suspect is found to be gone also when libzmq takes seconds to end its connection") {
  RoutingBench bench;
  bench.set_up();
  bench.core.suspect(daemon_peer, bench.now);
  for (int step = 0; step < 50; ++step)
    bench.pass(100ms);
  CHECK(bench.core.sessions() == 3);
  bench.transport.gone.insert(daemon_peer);
  bench.pass(4s);
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("when nobody knows who was lost, everybody is pinged") {
  RoutingBench bench;
  bench.set_up();
  bench.transport.gone = {daemon_peer, caller};
  bench.core.suspect_all(bench.now);
  CHECK(bench.core.sessions() == 1);
  CHECK(bench.take(third).kind() == FrameKind::ping);
}

TEST_CASE("the owner of a contested name is pinged, and if it is gone its names are free") {
  RoutingBench bench;
  bench.set_up();
  CHECK(bench.core.answers(daemon_peer));
  CHECK(bench.take(daemon_peer).kind() == FrameKind::ping);
  CHECK(bench.core.answers(nobody));
  bench.transport.gone.insert(daemon_peer);
  CHECK_FALSE(bench.core.answers(daemon_peer));
  CHECK(bench.registry.registrations() == 0);
  bench.pass(0s);
  CHECK(bench.core.sessions() == 2);
}
