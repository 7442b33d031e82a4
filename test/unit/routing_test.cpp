// The routing core with a fake transport: calls and answers.
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
  bench.call(third, 1);
  const auto first = bench.take(daemon_peer);
  const auto second = bench.take(daemon_peer);
  bench.answer(daemon_peer, second, 2);
  bench.answer(daemon_peer, first, 1);
  CHECK(bench.take(caller).view.payload.size() == 1);
  CHECK(bench.take(third).view.payload.size() == 2);
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
  bench.serve(third, {.name = "nick", .target = "rminame:server"});
  bench.call(caller, 5, {.object = "nick"});
  CHECK(bench.take(daemon_peer).view.object == "server");
}

TEST_CASE("a name that stands for an object elsewhere is not routed and says for what") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(third, {.name = "far", .target = "rmi:o@tcp://10.0.0.1:5000"});
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
  bench.serve(third, {.name = "pool", .mode = NameMode::shared});
  for (std::uint64_t id = 1; id <= 4; ++id)
    bench.call(caller, id, {.object = "pool"});
  CHECK(bench.transport.inbox[daemon_peer].size() == 2);
  CHECK(bench.transport.inbox[third].size() == 2);
  bench.answer(third, bench.take(third));
  bench.answer(third, bench.take(third));
  bench.call(caller, 5, {.object = "pool"});
  bench.call(caller, 6, {.object = "pool"});
  CHECK(bench.transport.inbox[third].size() == 2);
}

TEST_CASE("an answer is delivered once, to one call, from the daemon that had it") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  const auto registration = call.view.header.registration;
  bench.answer(third, call.id(), registration);            // not yours
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

TEST_CASE("the broker's own objects are called with who calls them") {
  RoutingBench bench;
  bench.set_up();
  bench.registry.enter_builtin("broker", {.name = "rmi.names"}, bench.now);
  bench.serve(third, {.name = "phone book", .target = "rminame:rmi.names"});
  bench.call(caller, 8, {.object = "rmi.names"});
  CHECK(bench.take(caller).id() == 8);
  bench.call(third, 9, {.object = "phone book"});
  CHECK(bench.take(third).id() == 9);
  CHECK(bench.objects.calls == std::vector<std::string>{"client[4711] on alpha calls rmi.names",
                                                        "other[4711] on alpha calls rmi.names"});
  CHECK(bench.counters().local == 2);
  CHECK(bench.core.in_flight() == 0);
}
