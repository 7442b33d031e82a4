// A further lane of a broker: what it knows of the first one, and what it does not do itself.
#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ns/mirror.hpp"
#include "routing_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using FrameKind = wire::Kind;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_peer = RoutingBench::daemon;
constexpr Peer stranger = RoutingBench::other;

namespace {

/// The session that a peer of the bench greets with.
SessionId id_of(Peer peer) {
  SessionId id{};
  id[0] = static_cast<std::uint8_t>(peer);
  return id;
}

constexpr std::uint32_t caller_number = 11, daemon_number = 12;
constexpr std::uint64_t entry = 901;

/// A lane that has been told of a caller and a daemon.
struct LaneBench : RoutingBench {
  explicit LaneBench(bool greeted = true) {
    core.join({.first = &mirror, .at_work = [this] { return others_at_work; }});
    mirror.begun(caller_number, id_of(caller));
    mirror.begun(daemon_number, id_of(daemon));
    mirror.serves(daemon_number);
    if (!greeted) return;
    greet(caller, "client");
    greet(daemon, "greeter");
    enter();
  }
  void enter(NameOffer offer = {.name = "server"}) {
    mirror.entered({.number = entry, .session = daemon_number, .offer = std::move(offer)}, now);
  }
  void check_elsewhere(Received answer) {
    CHECK(answer.code() == ErrorCode::name_not_found);
    CHECK(answer.outcome() == Outcome::not_executed);
    CHECK_THAT(answer.error.text, Contains("ask the first one"));
  }

  bool others_at_work = false;
  bool takes = true;
  std::vector<std::pair<std::uint32_t, std::string>> passed_on;
  Mirror mirror{registry, core, [this](std::uint32_t session, Frame& frame) {
                  if (!takes) return false;
                  const Received passed(std::move(frame));
                  passed_on.emplace_back(session, passed.view.object);
                  return true;
                }};
};

}  // namespace

TEST_CASE("a lane routes calls of the names that it has been told of") {
  LaneBench bench;
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  CHECK(call.view.object == "server");
  CHECK(call.view.header.session == caller_number);
  CHECK(bench.mirror.in_flight(entry) == 1);
  bench.answer(daemon_peer, call);
  CHECK(bench.take(caller).id() == 1);
  CHECK(bench.mirror.in_flight(entry) == 0);
}

TEST_CASE("a lane knows a session by its id only") {
  LaneBench bench;
  Hello hello;
  hello.session = id_of(stranger);
  bench.send(stranger, make_hello(hello));
  CHECK(bench.take(stranger).code() == ErrorCode::unknown_session);
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("names can come before their daemon has greeted the lane") {
  LaneBench bench(false);
  bench.enter();
  bench.greet(caller, "client");
  bench.call(caller, 1);
  bench.check_elsewhere(bench.take(caller));
  bench.greet(daemon_peer, "greeter");
  bench.call(caller, 2);
  CHECK(bench.take(daemon_peer).view.object == "server");
}

TEST_CASE("a daemon that comes back to the lane is called there again") {
  LaneBench bench;
  bench.core.on_gone(daemon_peer, bench.now);
  bench.call(caller, 1);
  bench.check_elsewhere(bench.take(caller));
  bench.greet(daemon_peer, "greeter");
  bench.call(caller, 2);
  CHECK(bench.take(daemon_peer).view.object == "server");
}

TEST_CASE("what a lane cannot route is for the first one") {
  LaneBench bench;
  const std::string object = GENERATE("nobody", "rmi.names", "@00000000", "rmimeta:tag");
  bench.call(caller, 1, {.object = object});
  bench.check_elsewhere(bench.take(caller));
  bench.call(caller, 2, {.object = object, .flags = wire::flag::wait_for_name});
  bench.check_elsewhere(bench.take(caller));
  CHECK(bench.core.parked() == 0);
  bench.call(caller, 0, {.object = object, .flags = wire::flag::oneway});
  REQUIRE(bench.passed_on.size() == 1);
  CHECK(bench.passed_on[0] == std::pair(caller_number, object));
  CHECK(bench.silent(caller));
  bench.takes = false;
  bench.call(caller, 0, {.object = object, .flags = wire::flag::oneway});
  CHECK(bench.take(caller).code() == ErrorCode::overloaded);
}

TEST_CASE("the first lane takes a oneway over from the session that made it") {
  RoutingBench first;
  first.set_up();
  Frame frame =
      wire::build({.kind = FrameKind::call, .flags = wire::flag::oneway}, "server", "hi", 0);
  first.core.take_over(first.core.number_of(caller), Frame::copy_of(frame.bytes()), first.now);
  const auto call = first.take(daemon_peer);
  CHECK(call.view.method == "hi");
  CHECK(call.view.header.session == first.core.number_of(caller));
  first.core.take_over(99, std::move(frame), first.now);
  CHECK(first.silent(daemon_peer));
}

TEST_CASE("a name that is removed ends its calls in flight, and is not known then") {
  LaneBench bench;
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  bench.mirror.removed(entry);
  bench.call(caller, 2);
  const auto refused = bench.take(caller);
  CHECK(refused.code() == ErrorCode::draining);
  CHECK_THAT(refused.error.text, Contains("ends the calls that it has (1)"));
  bench.answer(daemon_peer, call);
  CHECK(bench.take(caller).id() == 1);
  bench.call(caller, 3);
  bench.check_elsewhere(bench.take(caller));
  bench.mirror.removed(entry);  // again: nothing happens
}

TEST_CASE("a name that has changed its daemon goes to the new one") {
  LaneBench bench;
  bench.mirror.begun(13, id_of(stranger));
  bench.greet(stranger, "successor");
  bench.mirror.removed(entry);
  bench.mirror.entered({.number = entry + 1, .session = 13, .offer = {.name = "server"}},
                       bench.now);
  bench.call(caller, 1);
  CHECK(bench.take(stranger).view.object == "server");
  CHECK(bench.silent(daemon_peer));
}

TEST_CASE("a shared name is balanced within its lane") {
  LaneBench bench(false);
  bench.greet(caller, "client");
  bench.greet(daemon_peer, "greeter");
  bench.mirror.begun(13, id_of(stranger));
  bench.greet(stranger, "other");
  bench.enter({.name = "server", .mode = NameMode::shared});
  bench.mirror.entered(
      {.number = entry + 1, .session = 13, .offer = {.name = "server", .mode = NameMode::shared}},
      bench.now);
  bench.call(caller, 1);
  bench.call(caller, 2);
  CHECK_FALSE(bench.silent(daemon_peer));
  CHECK_FALSE(bench.silent(stranger));
}

TEST_CASE("a session that ends in the first lane ends in the others") {
  LaneBench bench;
  bench.call(caller, 1);
  bench.take(daemon_peer);
  const bool of_daemon = GENERATE(true, false);
  bench.mirror.ended(of_daemon ? daemon_number : caller_number, true, bench.now);
  if (of_daemon) {
    const auto lost = bench.take(caller);
    CHECK(lost.code() == ErrorCode::connection_lost);
    CHECK(lost.outcome() == Outcome::unknown);
  } else {
    CHECK(bench.take(daemon_peer).kind() == FrameKind::cancel);
  }
  CHECK(bench.core.sessions() == 1);
  CHECK_FALSE(bench.mirror.number_of(id_of(of_daemon ? daemon_peer : caller)));
  CHECK(bench.mirror.is_daemon(daemon_number) == !of_daemon);
}

TEST_CASE("whoever leaves the first lane while the broker drains says goodbye to this one, too") {
  LaneBench bench;
  bench.core.drain(bench.now);
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.core.leaving());
  CHECK(bench.take(caller).kind() == FrameKind::bye);
  bench.mirror.ended(caller_number, true, bench.now);
  bench.call(caller, 1);  // it was on its way
  CHECK(bench.take(caller).code() == ErrorCode::draining);
}

TEST_CASE("a lease that lapses in the first lane fails the calls of all") {
  LaneBench bench;
  bench.readers = {caller, daemon_peer};
  for (int i = 0; i < 20; ++i)
    bench.pass(3s);  // no renewal is expected here
  CHECK(bench.registry.names() == 1);
  bench.call(caller, 1);
  bench.take(daemon_peer);
  bench.mirror.lapsed(daemon_number, bench.now);
  const auto lost = bench.take(caller);
  CHECK(lost.code() == ErrorCode::connection_lost);
  CHECK_THAT(lost.error.text, Contains("did not renew its lease"));
}

TEST_CASE("a lane drains with the others, and lets nested calls of daemons in") {
  LaneBench bench;
  bench.others_at_work = true;
  bench.core.drain(bench.now);
  CHECK_FALSE(bench.core.at_work());
  CHECK_FALSE(bench.core.drained(bench.now));
  bench.call(caller, 1);
  CHECK(bench.take(caller).code() == ErrorCode::draining);
  // The daemon may have a call in another lane.
  bench.call(daemon_peer, 2);
  const auto nested = bench.take(daemon_peer);
  CHECK(nested.view.object == "server");
  CHECK(bench.core.at_work());
  bench.answer(daemon_peer, nested);
  bench.others_at_work = false;
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.core.leaving());
}
