// Callers that do not read their answers: bounded, then ended, and nobody else notices.
#include <catch2/catch.hpp>

#include "bus/oneway_id.hpp"
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

namespace {

Limits small_limits() {
  Limits limits;
  limits.unread_bytes_per_session = 1000;
  limits.unread_time = 5s;
  return limits;
}

struct UnreadBench : RoutingBench {
  explicit UnreadBench(const Limits& limits = small_limits()) : RoutingBench(limits) {
    transport.origin.link.fd = 17;
    set_up();
  }
  /// What the caller gets for a call that is answered with so many bytes; pings that come with it
  /// are kept.
  Received answered(std::size_t payload, Peer peer = caller) {
    call(peer, ++last);
    answer(daemon, take(daemon), payload);
    return next(peer);
  }
  Received next(Peer peer = caller) {
    auto received = take(peer);
    for (; received.kind() == FrameKind::ping; received = take(peer))
      pings.push_back(received.id());
    while (!silent(peer) && transport.inbox[peer].front().size() < 60)
      pings.push_back(take(peer).id());
    return received;
  }
  std::uint64_t last = 0;
  std::vector<std::uint64_t> pings;
};

}  // namespace

TEST_CASE("answers that wait for a caller who does not read are bounded in bytes") {
  UnreadBench bench;
  CHECK(bench.answered(900).kind() == FrameKind::reply);  // not over: 940 bytes
  CHECK(bench.pings == std::vector<std::uint64_t>{940});
  CHECK(bench.answered(100).kind() == FrameKind::reply);  // one more may come on top
  const auto refused = bench.answered(100);
  CHECK(refused.code() == ErrorCode::overloaded);
  CHECK(refused.outcome() == Outcome::executed);
  CHECK(refused.id() == 3);
  CHECK(refused.error.text ==
        "over the limit unread-bytes-per-session of client[4711] on alpha: 1080 of 1000 bytes are "
        "used and 140 more are wanted; the call 'server.hi' was made, its answer is dropped");
  CHECK(bench.answered(100, third).kind() == FrameKind::reply);  // others do not notice
  LimitReport report;
  bench.core.report_limits(report);
  CHECK(report.refused.of(LimitId::unread_bytes_per_session) == 1);
  CHECK(report.of(LimitId::unread_bytes_per_session).used == 1080);
  bench.control(caller, FrameKind::pong, bench.pings.front());
  CHECK(bench.answered(100).kind() == FrameKind::reply);
  bench.pass(1min);
  CHECK(bench.core.sessions() == 3);
}

TEST_CASE("of a principal over its limit, the sessions that read are not refused") {
  Limits limits = small_limits();
  limits.unread_bytes_per_session = 100'000;
  limits.unread_bytes_per_principal = 3000;  // 1000 for each of three sessions
  UnreadBench bench(limits);
  CHECK(bench.answered(2000).kind() == FrameKind::reply);
  CHECK(bench.answered(1500).kind() == FrameKind::reply);  // one may come on top
  const auto refused = bench.answered(100);
  CHECK(refused.code() == ErrorCode::overloaded);
  CHECK(refused.outcome() == Outcome::executed);
  CHECK_THAT(refused.error.text,
             Contains("unread-bytes-per-principal of anonymous at ?: 3580 of 3000 bytes are used"));
  CHECK(bench.answered(900, third).kind() == FrameKind::reply);
  CHECK(bench.answered(900, third).kind() == FrameKind::reply);  // 940 are less than its share
  CHECK(bench.answered(900, third).code() == ErrorCode::overloaded);
  LimitReport report;
  bench.core.report_limits(report);
  CHECK(report.refused.of(LimitId::unread_bytes_per_principal) == 2);
  CHECK(report.of(LimitId::unread_bytes_per_principal).used == 5460);
  bench.core.on_gone(caller, bench.now);
  CHECK(bench.answered(900, third).kind() == FrameKind::reply);  // what waited for it is gone
}

TEST_CASE("one large answer is no reason to refuse it when nothing waits") {
  UnreadBench bench;
  CHECK(bench.answered(5000).kind() == FrameKind::reply);
  CHECK(bench.answered(10).code() == ErrorCode::overloaded);
  bench.control(caller, FrameKind::pong, bench.pings.back());
  CHECK(bench.answered(5000).kind() == FrameKind::reply);
}

TEST_CASE("a caller that reads nothing for too long loses its session, and its connection") {
  UnreadBench bench;
  bench.answered(2000);
  CHECK(bench.answered(10).code() == ErrorCode::overloaded);
  bench.call(caller, 90);
  const auto kept = bench.take(daemon_peer);
  CHECK(bench.core.next_timer() <= bench.now + 5s);
  bench.pass(4999ms);
  CHECK(bench.core.sessions() == 3);
  SECTION("nothing read") {
    bench.pass(1ms);
    CHECK(bench.core.sessions() == 2);
    CHECK(bench.counters().slow_consumers == 1);
    CHECK(bench.transport.hung_up == std::vector<int>{17});
    CHECK_THAT(bench.lines.back() + bench.lines.at(bench.lines.size() - 2),
               Contains("client[4711] on alpha does not read its answers: 2040 bytes of them wait, "
                        "and none was read for 5000 ms"));
    CHECK(bench.take(daemon_peer).kind() == FrameKind::cancel);  // of what it had called
    bench.answer(daemon_peer, kept);
    CHECK(bench.counters().late == 1);
    bench.greet(caller, "client");  // may come back
  }
  SECTION("something read") {
    bench.control(caller, FrameKind::pong, bench.pings.back());
    bench.pass(1min);
    CHECK(bench.core.sessions() == 3);
    CHECK(bench.transport.hung_up.empty());
  }
}

TEST_CASE("a caller whose queue is full when its answer comes loses its session at once") {
  UnreadBench bench;
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  bench.transport.full.insert(caller);
  bench.answer(daemon_peer, call);
  CHECK(bench.counters().undeliverable == 1);
  CHECK(bench.counters().slow_consumers == 1);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.transport.hung_up == std::vector<int>{17});
  CHECK(bench.answered(10, third).kind() == FrameKind::reply);
}

TEST_CASE("a session that serves names is not ended: others fill its queue") {
  UnreadBench bench;
  bench.serve(caller, {.name = "its own"});
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  bench.transport.full.insert(caller);
  bench.answer(daemon_peer, call);
  CHECK(bench.counters().undeliverable == 1);
  CHECK(bench.counters().slow_consumers == 0);
  CHECK(bench.core.sessions() == 3);
  bench.transport.full.clear();
  bench.answered(2000);
  CHECK(bench.answered(10).code() == ErrorCode::overloaded);  // but what waits is bounded
  bench.pass(1min);
  CHECK(bench.core.sessions() == 3);
  CHECK(bench.transport.hung_up.empty());
}

TEST_CASE("who makes oneway calls need not read what is said of them") {
  UnreadBench bench;
  bench.transport.full.insert(caller);
  bench.call(caller, oneway_bit | 5U, {.object = "nobody", .flags = wire::flag::oneway});
  CHECK(bench.counters().undeliverable == 1);
  CHECK(bench.core.sessions() == 3);
  bench.call(caller, 5, {.object = "nobody"});
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("answers of the broker's own objects are bounded like others") {
  UnreadBench bench;
  bench.registry.enter_builtin("broker", {.name = "rmi.names"}, bench.now);
  bench.objects.answer_size = 2000;
  bench.call(caller, 1, {.object = "rmi.names"});
  CHECK(bench.next().kind() == FrameKind::reply);
  bench.call(caller, 2, {.object = "rmi.names"});
  CHECK(bench.next().code() == ErrorCode::overloaded);
}
