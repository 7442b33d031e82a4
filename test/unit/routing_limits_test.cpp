// The routing core at its limits: calls in flight, calls that wait, sizes, full queues.
#include "ns/routing.hpp"

#include <catch2/catch.hpp>

#include "routing_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using FrameKind = wire::Kind;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_peer = RoutingBench::daemon;

TEST_CASE("each limit of calls in flight refuses with whose, used and limit") {
  Limits limits;
  std::string text;
  const auto refused = [&](std::size_t payload = 3) {
    RoutingBench bench(limits);
    bench.set_up();
    bench.call(caller, 1);
    bench.call(caller, 2, {.payload = payload});
    CHECK(bench.transport.inbox[daemon_peer].size() == 1);
    const auto answer = bench.take(caller);
    CHECK(answer.id() == 2);
    CHECK(answer.outcome() == Outcome::not_executed);
    text = answer.error.text;
    bench.answer(daemon_peer, bench.take(daemon_peer));  // one answered: room for one
    CHECK(bench.take(caller).id() == 1);
    bench.call(caller, 3);
    CHECK(bench.take(daemon_peer).kind() == FrameKind::call);
    return answer.code();
  };
  SECTION("calls of a caller") {
    limits.calls_per_session = 1;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK(text ==
          "over the limit calls-per-session of client[4711] on alpha: 1 of 1 are used; the call "
          "'server.hi' was not sent");
  }
  SECTION("bytes of a caller") {
    limits.bytes_per_session = 100;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK_THAT(text, StartsWith("over the limit bytes-per-session of client[4711] on alpha: 51 of "
                                "100 bytes are used and 51 more are wanted; the call"));
  }
  SECTION("calls of a daemon") {
    limits.calls_per_daemon = 1;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK_THAT(text,
               StartsWith("over the limit calls-per-daemon of greeter[4711] on alpha: 1 of 1"));
  }
  SECTION("bytes of a daemon") {
    limits.bytes_per_daemon = 100;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK_THAT(text,
               StartsWith("over the limit bytes-per-daemon of greeter[4711] on alpha: 51 of"));
  }
  SECTION("calls of a principal") {
    limits.calls_per_principal = 1;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK_THAT(text, StartsWith("over the limit calls-per-principal of anonymous at ?: 1 of 1"));
  }
  SECTION("bytes of a principal") {
    limits.bytes_per_principal = 100;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK_THAT(text, StartsWith("over the limit bytes-per-principal of anonymous at ?: 51 of 100"));
  }
}

TEST_CASE("a message is never sent to a peer that said it is too large for it") {
  RoutingBench bench;
  bench.greet(caller, "client", 200);
  bench.greet(daemon_peer, "greeter", 200);
  bench.serve(daemon_peer, {.name = "server"});
  bench.call(caller, 1, {.payload = 300});
  const auto refused = bench.take(caller);
  CHECK(refused.code() == ErrorCode::message_too_large);
  CHECK(refused.outcome() == Outcome::not_executed);
  CHECK(refused.error.text ==
        "the call 'server.hi' has 348 bytes, greeter[4711] on alpha takes at most 200");
  CHECK(bench.silent(daemon_peer));
  bench.call(caller, 2);
  bench.answer(daemon_peer, bench.take(daemon_peer), 300);
  const auto answer = bench.take(caller);
  CHECK(answer.id() == 2);
  CHECK(answer.code() == ErrorCode::message_too_large);
  CHECK(answer.outcome() == Outcome::executed);
  CHECK(bench.core.in_flight() == 0);
}

TEST_CASE("a full queue to the daemon refuses the call instead of blocking or losing it") {
  RoutingBench bench;
  bench.set_up();
  bench.transport.full.insert(daemon_peer);
  bench.call(caller, 1);
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::overloaded);
  CHECK(answer.outcome() == Outcome::not_executed);
  CHECK(answer.error.text ==
        "the queue of messages to greeter[4711] on alpha is full (0 calls are in flight there); "
        "the call 'server.hi' was not sent");
  CHECK(bench.core.in_flight() == 0);
}

TEST_CASE("an answer of the broker's own objects is never larger than the caller takes") {
  RoutingBench bench;
  bench.greet(caller, "client", 500);
  bench.registry.enter_builtin("broker", {.name = "rmi.names"}, bench.now);
  bench.objects.answer_size = 1000;
  bench.call(caller, 8, {.object = "rmi.names"});
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::message_too_large);
  CHECK_THAT(answer.error.text, Contains("takes at most 500; ask for less"));
}

TEST_CASE("each limit of waiting calls refuses with whose, used and limit") {
  Limits limits;
  const auto refused = [&] {
    RoutingBench bench(limits);
    bench.set_up();
    bench.call(caller, 1, {.object = "late", .flags = wire::flag::wait_for_name});
    CHECK(bench.silent(caller));
    bench.call(caller, 2, {.object = "late", .flags = wire::flag::wait_for_name});
    const auto answer = bench.take(caller);
    CHECK(answer.code() == ErrorCode::overloaded);
    CHECK(bench.core.parked() == 1);
    bench.serve(daemon_peer, {.name = "late"});  // sent: room for one
    bench.call(caller, 3, {.object = "later", .flags = wire::flag::wait_for_name});
    CHECK(bench.silent(caller));
    CHECK(bench.core.parked() == 1);
    return answer.error.text;
  };
  SECTION("of the broker") {
    limits.waiting_calls = 1;
    CHECK(refused() ==
          "over the limit waiting-calls of this broker: 1 of 1 are used; the call 'late.hi' does "
          "not wait for 'late'");
  }
  SECTION("of the caller") {
    limits.waiting_calls_per_session = 1;
    CHECK_THAT(refused(), Contains("waiting-calls-per-session of client[4711] on alpha: 1 of 1"));
  }
  SECTION("of the principal") {
    limits.waiting_calls_per_principal = 1;
    CHECK_THAT(refused(), Contains("waiting-calls-per-principal of anonymous at ?: 1 of 1"));
  }
  SECTION("bytes of the principal") {
    limits.waiting_bytes_per_principal = 60;
    CHECK_THAT(refused(),
               Contains("waiting-bytes-per-principal of anonymous at ?: 49 of 60 bytes"));
  }
  SECTION("bytes") {
    limits.waiting_bytes = 60;
    CHECK_THAT(refused(),
               Contains("waiting-bytes of this broker: 49 of 60 bytes are used and 49 more"));
  }
}
