// The routing core with a fake transport: sessions, calls and answers.
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
constexpr Peer other = RoutingBench::other;

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
  const auto welcome = read_welcome(answer.view.payload);
  CHECK(welcome.epoch == RoutingBench::epoch);
  CHECK(welcome.version == "9.9");
  CHECK(welcome.lease_ms == 15'000);
  CHECK(welcome.renew_ms == 5'000);
  CHECK(welcome.max_message == default_max_message);
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
  bench.send(other, make_hello(hello));
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
  bench.send(other, make_hello(hello));
  const auto answer = bench.take(other);
  CHECK(answer.code() == ErrorCode::overloaded);
  CHECK(answer.error.text == "this broker has 2 sessions, its limit is 2; try again later");
  bench.control(caller, FrameKind::bye, 0);
  bench.greet(other, "c");
}

TEST_CASE("what a peer says of itself cannot break a line of the log") {
  RoutingBench bench;
  bench.greet(caller, "evil\n2026 error forged");
  REQUIRE(bench.lines.size() == 1);
  CHECK(bench.lines[0] == "evil\\x0a2026 error forged[4711] on alpha connected");
}

TEST_CASE("a stranger is told to greet, except where an answer could start a loop") {
  RoutingBench bench;
  for (const auto kind : {FrameKind::call, FrameKind::reply, FrameKind::cancel, FrameKind::ping,
                          FrameKind::renew, FrameKind::welcome}) {
    bench.control(caller, kind, 6);
    const auto answer = bench.take(caller);
    CHECK(answer.code() == ErrorCode::unknown_session);
    CHECK(answer.id() == 6);
  }
  for (const auto kind : {FrameKind::error, FrameKind::pong, FrameKind::bye}) {
    bench.control(caller, kind, 6);
    CHECK(bench.silent(caller));
  }
  CHECK(bench.counters().strangers == 9);
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

TEST_CASE("a call reaches the daemon of the name, and its answer the caller") {
  RoutingBench bench;
  bench.set_up();
  const auto number = bench.registry.resolve("server").registration->number;
  bench.call(caller, 1001, {.payload = 5});
  const auto call = bench.take(daemon_peer);
  CHECK(call.kind() == FrameKind::call);
  CHECK(call.view.object == "server");
  CHECK(call.view.method == "hi");
  CHECK(call.view.header.signature == 77);
  CHECK(call.view.header.remaining_ms == 30'000);
  CHECK(call.view.header.registration == number);
  CHECK(call.id() != 1001);
  REQUIRE(call.view.payload.size() == 5);
  CHECK(call.view.payload[4] == std::byte{0x5a});
  CHECK(bench.core.in_flight() == 1);
  CHECK(bench.registry.resolve("server").registration->in_flight == 1);

  bench.answer(daemon_peer, call, 7);
  const auto answer = bench.take(caller);
  CHECK(answer.kind() == FrameKind::reply);
  CHECK(answer.id() == 1001);
  CHECK(answer.view.payload.size() == 7);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.registry.resolve("server").registration->in_flight == 0);
  CHECK(bench.counters().accepted == 1);
  CHECK(bench.counters().replied == 1);
}

TEST_CASE("a method's error reaches the caller as it is") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 4);
  const auto call = bench.take(daemon_peer);
  ErrorPayload error;
  error.code = static_cast<std::uint8_t>(ErrorCode::remote);
  error.text = "out of milk";
  bench.send(daemon_peer, make_error({call.id(), call.view.header.registration}, error));
  const auto answer = bench.take(caller);
  CHECK(answer.id() == 4);
  CHECK(answer.code() == ErrorCode::remote);
  CHECK(answer.error.text == "out of milk");
}

TEST_CASE("calls of several callers with the same number are kept apart") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(other, 1);
  const auto first = bench.take(daemon_peer);
  const auto second = bench.take(daemon_peer);
  bench.answer(daemon_peer, second, 2);
  bench.answer(daemon_peer, first, 1);
  CHECK(bench.take(caller).view.payload.size() == 1);
  CHECK(bench.take(other).view.payload.size() == 2);
}

TEST_CASE("a session can call an object of its own") {
  RoutingBench bench;
  bench.set_up();
  bench.call(daemon_peer, 3);
  const auto call = bench.take(daemon_peer);
  bench.answer(daemon_peer, call);
  CHECK(bench.take(daemon_peer).id() == 3);
  CHECK(bench.core.in_flight() == 0);
}

TEST_CASE("the daemon gets its own name of the object when that differs") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "public", .object_id = "obj-7"});
  bench.call(caller, 5, {.object = "public", .payload = 4});
  const auto call = bench.take(daemon_peer);
  CHECK(call.view.object == "obj-7");
  CHECK(call.view.method == "hi");
  CHECK(call.view.header.remaining_ms == 30'000);
  REQUIRE(call.view.payload.size() == 4);
  CHECK(call.view.payload[3] == std::byte{0x5a});
  bench.answer(daemon_peer, call);
  CHECK(bench.take(caller).id() == 5);
}

TEST_CASE("an alias leads to the object that it stands for") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(other, {.name = "nick", .target = "rminame:server"});
  bench.call(caller, 5, {.object = "nick"});
  CHECK(bench.take(daemon_peer).view.object == "server");
}

TEST_CASE("a name that stands for an object elsewhere is not routed and says for what") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(other, {.name = "far", .target = "rmi:o@tcp://10.0.0.1:5000"});
  bench.call(caller, 5, {.object = "far"});
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::name_not_found);
  CHECK(answer.error.text ==
        "the name 'far' stands for 'rmi:o@tcp://10.0.0.1:5000', which this broker does not route "
        "to; call that URI itself");
}

TEST_CASE("a call to a name that nobody serves fails at once with the nearest names") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 5, {.object = "servr"});
  const auto answer = bench.take(caller);
  CHECK(answer.id() == 5);
  CHECK(answer.code() == ErrorCode::name_not_found);
  CHECK(answer.outcome() == Outcome::not_executed);
  CHECK(answer.error.text == "no object is served under the name 'servr'; did you mean 'server'?");
  CHECK(bench.counters().refused_with(ErrorCode::name_not_found) == 1);
}

TEST_CASE("a call that names no object is refused") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 5, {.object = ""});
  CHECK(bench.take(caller).code() == ErrorCode::bad_arguments);
}

TEST_CASE("calls to a shared name go to the least busy daemon") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "pool", .mode = NameMode::shared});
  bench.serve(other, {.name = "pool", .mode = NameMode::shared});
  for (std::uint64_t id = 1; id <= 4; ++id)
    bench.call(caller, id, {.object = "pool"});
  CHECK(bench.transport.inbox[daemon_peer].size() == 2);
  CHECK(bench.transport.inbox[other].size() == 2);
  bench.answer(other, bench.take(other));
  bench.answer(other, bench.take(other));
  bench.call(caller, 5, {.object = "pool"});
  bench.call(caller, 6, {.object = "pool"});
  CHECK(bench.transport.inbox[other].size() == 2);
}

TEST_CASE("an answer is delivered once, to one call, from the daemon that had it") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  const auto registration = call.view.header.registration;
  bench.answer(other, call.id(), registration);            // not yours
  bench.answer(daemon_peer, call.id(), registration + 1);  // not that registration
  CHECK(bench.counters().forged == 2);
  bench.answer(daemon_peer, call.id() + 1, registration);             // no such slot
  bench.answer(daemon_peer, call.id() + (1ULL << 32), registration);  // another generation
  bench.answer(daemon_peer, 0, registration);
  CHECK(bench.counters().late == 3);
  CHECK(bench.silent(caller));
  bench.answer(daemon_peer, call);
  CHECK(bench.take(caller).id() == 1);
  bench.answer(daemon_peer, call);  // again
  CHECK(bench.counters().late == 4);
  CHECK(bench.silent(caller));
}

TEST_CASE("slots of another run of the broker mean nothing to this one") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  CHECK(bench.take(daemon_peer).id() >> 32U == (RoutingBench::epoch & 0xffffffffU));
}

TEST_CASE("a withdrawn name still gets the answers to its calls in flight") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  REQUIRE(bench.registry.withdraw(daemon_peer, call.view.header.registration) != nullptr);
  bench.call(caller, 2);
  CHECK(bench.take(caller).code() == ErrorCode::name_not_found);
  bench.answer(daemon_peer, call);
  CHECK(bench.take(caller).id() == 1);
}

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
    limits.in_flight_per_caller = 1;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK(text ==
          "the caller has 1 calls in flight, the limit is 1; the call 'server.hi' was not sent");
  }
  SECTION("bytes of a caller") {
    limits.bytes_per_caller = 100;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK_THAT(text, StartsWith("the caller has 51 bytes of calls in flight, the limit is 100"));
  }
  SECTION("calls of a daemon") {
    limits.in_flight_per_daemon = 1;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK_THAT(text, StartsWith("greeter[4711] on alpha has 1 calls in flight, the limit is 1"));
  }
  SECTION("bytes of a daemon") {
    limits.bytes_per_daemon = 100;
    CHECK(refused() == ErrorCode::overloaded);
    CHECK_THAT(text, StartsWith("greeter[4711] on alpha has 51 bytes of calls in flight"));
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

TEST_CASE("an answer that the caller cannot take is counted and holds nothing up") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  bench.transport.full.insert(caller);
  bench.answer(daemon_peer, call);
  CHECK(bench.counters().undeliverable == 1);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.core.sessions() == 3);
}

TEST_CASE("the broker's own objects are called with who calls them") {
  RoutingBench bench;
  bench.set_up();
  bench.registry.enter_builtin("broker", {.name = "rmi.names"}, bench.now);
  bench.serve(other, {.name = "phone book", .target = "rminame:rmi.names"});
  bench.call(caller, 8, {.object = "rmi.names"});
  CHECK(bench.take(caller).id() == 8);
  bench.call(other, 9, {.object = "phone book"});
  CHECK(bench.take(other).id() == 9);
  CHECK(bench.objects.calls == std::vector<std::string>{"client[4711] on alpha calls rmi.names",
                                                        "other[4711] on alpha calls rmi.names"});
  CHECK(bench.counters().local == 2);
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
