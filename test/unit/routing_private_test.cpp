// The routing core: numbers of sessions, calls to private objects.
#include "ns/routing.hpp"

#include <catch2/catch.hpp>

#include "bus/name_rules.hpp"
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

/// Greets as `session` and returns the number that the broker gives it.
std::uint32_t number_of(RoutingBench& bench, Peer peer, std::uint8_t session) {
  Hello hello;
  hello.session[0] = session;
  hello.program = "p";
  bench.send(peer, make_hello(hello));
  return read_welcome(bench.take(peer).view).session;
}

}  // namespace

TEST_CASE("sessions are numbered upwards, and keep their number when they greet again") {
  RoutingBench bench;
  CHECK(number_of(bench, caller, 1) == 1);
  CHECK(number_of(bench, daemon_peer, 2) == 2);
  CHECK(number_of(bench, caller, 1) == 1);
  CHECK(number_of(bench, caller, 9) == 3);
  const Session* session = bench.core.session_numbered(2);
  REQUIRE(session != nullptr);
  CHECK(session->peer == daemon_peer);
  CHECK(bench.core.session_numbered(1) == nullptr);
  CHECK(bench.core.session_numbered(0) == nullptr);
}

TEST_CASE("a session remembers where it comes from") {
  RoutingBench bench;
  bench.transport.origin = {.address = "ipc:17", .principal = "uid:1000"};
  bench.greet(caller, "evil\nname");
  const Session& session = *bench.core.session_numbered(1);
  CHECK(session.origin.principal == "uid:1000");
  CHECK(session.origin.address == "ipc:17");
  CHECK(session.program == "evil\\x0aname");
  CHECK(session.host == "alpha");
  CHECK(session.pid == 4711);
}

TEST_CASE("a daemon is told who calls it, and who gives up") {
  RoutingBench bench;
  bench.set_up();
  bench.call(third, 5);
  const auto call = bench.take(daemon_peer);
  CHECK(call.view.header.session == 3);
  bench.control(third, FrameKind::cancel, 5);
  const auto cancel = bench.take(daemon_peer);
  CHECK(cancel.kind() == FrameKind::cancel);
  CHECK(cancel.id() == call.id());
  CHECK(cancel.view.header.session == 3);
  bench.call(third, 6);
  bench.take(daemon_peer);
  bench.control(third, FrameKind::bye, 0);
  CHECK(bench.take(daemon_peer).view.header.session == 3);
}

TEST_CASE("what a caller claims to be is overwritten") {
  RoutingBench bench;
  bench.set_up();
  Frame frame =
      wire::build({.kind = FrameKind::call, .call_id = 4, .session = 77}, "server", "hi", 0);
  bench.send(caller, std::move(frame));
  CHECK(bench.take(daemon_peer).view.header.session == 1);
}

TEST_CASE("a call to a private object goes straight to its session and back") {
  RoutingBench bench;
  bench.set_up();
  const auto object = private_name(1, 0x89abcdef01234567);
  bench.call(daemon_peer, 9, {.object = object, .payload = 4, .method = "call"});
  const auto call = bench.take(caller);
  CHECK(call.view.object == object);
  CHECK(call.view.method == "call");
  CHECK(call.view.header.registration == 0);
  CHECK(call.view.header.session == 2);
  CHECK(call.view.payload.size() == 4);
  CHECK(bench.core.in_flight() == 1);
  bench.answer(third, call);  // not yours
  CHECK(bench.counters().forged == 1);
  bench.answer(caller, call, 7);
  const auto answer = bench.take(daemon_peer);
  CHECK(answer.id() == 9);
  CHECK(answer.view.payload.size() == 7);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.registry.registrations() == 1);
}

TEST_CASE("a session is called by its number alone, and may call itself") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 3, {.object = "@00000001", .method = "rmi.refs"});
  const auto call = bench.take(caller);
  CHECK(call.view.object == "@00000001");
  CHECK(call.view.header.session == 1);
  bench.answer(caller, call);
  CHECK(bench.take(caller).id() == 3);
}

TEST_CASE("a private name that leads nowhere is not found, even by calls that would wait") {
  RoutingBench bench;
  bench.set_up();
  const auto text_of = [&](const std::string& object) {
    bench.call(caller, 5, {.object = object, .flags = wire::flag::wait_for_name});
    const auto answer = bench.take(caller);
    CHECK(answer.code() == ErrorCode::name_not_found);
    CHECK(answer.outcome() == Outcome::not_executed);
    return answer.error.text;
  };
  CHECK(text_of("@000000ff/89abcdef01234567") ==
        "the session of the object '@000000ff/89abcdef01234567' has ended");
  for (const auto* bad : {"@", "@1", "@0000000G", "@00000002/", "@00000002/89abcdef0123456",
                          "@00000002-89abcdef01234567", "@00000002/89ABCDEF01234567"})
    CHECK_THAT(text_of(bad), Contains("is no reference; expected '@' and the 8 hex digits"));
  CHECK(bench.core.parked() == 0);
}

TEST_CASE("a call to a private object of a session that is found dead was not executed") {
  RoutingBench bench;
  bench.set_up();
  bench.transport.gone.insert(third);
  bench.call(caller, 5, {.object = "@00000003"});
  CHECK(bench.take(caller).code() == ErrorCode::name_not_found);
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("calls to private objects fail with their session, and count against limits") {
  Limits limits;
  limits.calls_per_daemon = 1;
  RoutingBench bench(limits);
  bench.set_up();
  bench.call(caller, 1, {.object = "@00000003/89abcdef01234567"});
  bench.call(caller, 2, {.object = "@00000003/89abcdef01234567"});
  CHECK(bench.take(caller).code() == ErrorCode::overloaded);
  bench.control(third, FrameKind::bye, 0);
  const auto lost = bench.take(caller);
  CHECK(lost.id() == 1);
  CHECK(lost.code() == ErrorCode::connection_lost);
  CHECK(lost.outcome() == Outcome::unknown);
  CHECK(lost.error.text ==
        "other[4711] on alpha said goodbye while it had the call '@00000003.hi'; the call may have "
        "run");
}

TEST_CASE("objects of the broker itself are called under session 0") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 8, {.object = "@00000000/89abcdef01234567"});
  CHECK(bench.take(caller).id() == 8);
  CHECK(bench.objects.calls ==
        std::vector<std::string>{"client[4711] on alpha calls @00000000/89abcdef01234567"});
}
