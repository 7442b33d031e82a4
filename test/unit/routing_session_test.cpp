// The routing core and the life of sessions: hello, strangers, malformed frames.
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
constexpr Peer third = RoutingBench::other;

TEST_CASE("a hello is answered by a welcome that says how this broker works") {
  RoutingBench bench;
  Hello hello;
  hello.session[3] = 9;
  Frame frame = make_hello(hello);
  wire::set_call_id(frame, 42);
  bench.send(caller, std::move(frame));
  const auto answer = bench.take(caller);
  REQUIRE(answer.kind() == FrameKind::welcome);
  CHECK(answer.id() == 42);
  const auto welcome = read_welcome(answer.view);
  CHECK(welcome.epoch == RoutingBench::epoch);
  CHECK(welcome.version == "9.9");
  CHECK(welcome.lease_ms == 15'000);
  CHECK(welcome.renew_ms == 5'000);
  CHECK(welcome.max_message == default_max_message);
  CHECK(welcome.session == 1);
  CHECK(bench.core.sessions() == 1);
}

TEST_CASE("a hello that is repeated keeps its session and names") {
  RoutingBench bench;
  bench.set_up();
  bench.greet(daemon_peer, "greeter");
  CHECK(bench.core.sessions() == 3);
  CHECK(bench.registry.registrations() == 1);
  CHECK(bench.counters().sessions == 3);
}

TEST_CASE("a new hello on the same connection begins anew") {
  RoutingBench bench;
  bench.set_up();
  Hello hello;
  hello.session[9] = 9;
  bench.send(daemon_peer, make_hello(hello));
  CHECK(bench.core.sessions() == 3);
  CHECK(bench.registry.registrations() == 0);
}

TEST_CASE("a session that comes back on a new connection replaces the old one at once") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  Hello hello;
  hello.session[0] = static_cast<std::uint8_t>(daemon_peer);
  bench.send(99, make_hello(hello));
  CHECK(bench.take(99).kind() == FrameKind::welcome);
  CHECK(bench.core.sessions() == 3);
  CHECK(bench.registry.registrations() == 0);
  CHECK_THAT(bench.take(caller).error.text, Contains("came back on a new connection"));
}

TEST_CASE("the id of a session that ended means nothing any more") {
  RoutingBench bench;
  bench.greet(caller, "first");  // its id is the number of the peer
  bench.control(caller, FrameKind::bye, 0);
  Hello hello;
  hello.session[7] = 7;
  bench.send(caller, make_hello(hello));
  hello = {};
  hello.session[0] = static_cast<std::uint8_t>(caller);
  bench.send(third, make_hello(hello));
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("a hello that cannot be read is answered by a protocol error") {
  RoutingBench bench;
  bench.send(caller, wire::build({.kind = FrameKind::hello, .call_id = 5}, {}, {}, 3));
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::protocol);
  CHECK(answer.id() == 5);
  CHECK_THAT(answer.error.text, StartsWith("this hello cannot be read"));
  CHECK(bench.core.sessions() == 0);
}

TEST_CASE("one session more than the limit is refused, and fits when another is gone") {
  Limits limits;
  limits.sessions = 2;
  RoutingBench bench(limits);
  bench.greet(caller, "a");
  bench.greet(daemon_peer, "b");
  Hello hello;
  hello.session[0] = 77;
  bench.send(third, make_hello(hello));
  const auto answer = bench.take(third);
  CHECK(answer.code() == ErrorCode::overloaded);
  CHECK(answer.error.text ==
        "over the limit sessions of this broker: 2 of 2 are used; this connection gets none; try "
        "again later");
  bench.control(caller, FrameKind::bye, 0);
  bench.greet(third, "c");
}

TEST_CASE("what a peer says of itself cannot break a line of the log") {
  RoutingBench bench;
  bench.greet(caller, "evil\n2026 error forged");
  REQUIRE(bench.lines.size() == 1);
  CHECK(bench.lines[0] == "evil\\x0a2026 error forged[4711] on alpha connected, as session 1");
}

TEST_CASE("a stranger is told to greet, except where an answer could start a loop") {
  RoutingBench bench;
  for (const auto kind :
       {FrameKind::call, FrameKind::reply, FrameKind::cancel, FrameKind::ping, FrameKind::renew,
        FrameKind::welcome, FrameKind::watch, FrameKind::gone}) {
    bench.control(caller, kind, 6);
    const auto answer = bench.take(caller);
    CHECK(answer.code() == ErrorCode::unknown_session);
    CHECK(answer.id() == 6);
  }
  for (const auto kind : {FrameKind::error, FrameKind::pong, FrameKind::bye}) {
    bench.control(caller, kind, 6);
    CHECK(bench.silent(caller));
  }
  CHECK(bench.counters().strangers == 11);
  CHECK(bench.core.sessions() == 0);
}

TEST_CASE("bytes that are no frame are answered by an error that says why") {
  RoutingBench bench;
  const auto reply_to = [&](Frame frame) {
    bench.send(caller, std::move(frame));
    const auto answer = bench.take(caller);
    CHECK(answer.code() == ErrorCode::protocol);
    CHECK(answer.outcome() == Outcome::not_executed);
    return std::pair(answer.error.text, answer.id());
  };
  CHECK_THAT(reply_to(Frame()).first, StartsWith("the frame is shorter than the 40 bytes"));
  Frame future = wire::build({.kind = FrameKind::call, .call_id = 8}, "a", "b", 0);
  future.bytes()[2] = std::byte{2};
  CHECK(reply_to(Frame::copy_of(future.bytes())) ==
        std::pair(std::string("unknown protocol version; this broker speaks version 1"),
                  std::uint64_t{8}));
  Frame unknown = wire::build({.kind = FrameKind::call, .call_id = 9}, "a", "b", 0);
  unknown.bytes()[3] = std::byte{200};
  CHECK_THAT(reply_to(Frame::copy_of(unknown.bytes())).first, StartsWith("unknown kind of frame"));
  CHECK(bench.counters().malformed == 3);
}

TEST_CASE("a welcome sent to the broker is refused") {
  RoutingBench bench;
  bench.set_up();
  bench.control(caller, FrameKind::welcome, 1);
  CHECK(bench.take(caller).error.text == "a welcome is sent by a broker, not to one");
}

TEST_CASE("a ping is answered by a pong with its number") {
  RoutingBench bench;
  bench.set_up();
  bench.control(caller, FrameKind::ping, 31);
  const auto answer = bench.take(caller);
  CHECK(answer.kind() == FrameKind::pong);
  CHECK(answer.id() == 31);
  bench.control(caller, FrameKind::pong, 0);
  CHECK(bench.silent(caller));
}
