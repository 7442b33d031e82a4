// The routing core: calls without answer, sticky callers, calls by tags.
#include "ns/routing.hpp"

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
constexpr std::uint64_t oneway_id = 1ULL << 63U | 5;

TEST_CASE("a oneway call takes no slot and has no number") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, oneway_id, {.flags = wire::flag::oneway});
  const auto call = bench.take(daemon_peer);
  CHECK(call.kind() == FrameKind::call);
  CHECK(call.id() == 0);
  CHECK(call.view.header.flags == wire::flag::oneway);
  CHECK(call.view.header.session == 1);
  CHECK(call.view.header.registration != 0);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.counters().oneways == 1);
  CHECK(bench.counters().accepted == 0);
  bench.control(daemon_peer, FrameKind::bye, 0);
  CHECK(bench.silent(caller));
}

TEST_CASE("a daemon that answers a oneway call answers nobody") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, oneway_id, {.flags = wire::flag::oneway});
  bench.answer(daemon_peer, bench.take(daemon_peer));
  CHECK(bench.silent(caller));
  CHECK(bench.counters().late == 1);
}

TEST_CASE("a oneway call that the broker refuses is answered with the caller's number") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, oneway_id, {.object = "nobody", .flags = wire::flag::oneway});
  const auto refused = bench.take(caller);
  CHECK(refused.id() == oneway_id);
  CHECK(refused.code() == ErrorCode::name_not_found);
  bench.transport.full.insert(daemon_peer);
  bench.call(caller, oneway_id + 1, {.flags = wire::flag::oneway});
  const auto full = bench.take(caller);
  CHECK(full.id() == oneway_id + 1);
  CHECK(full.error.text ==
        "the queue of messages to greeter[4711] on alpha is full; the call 'server.hi' was not "
        "sent");
  CHECK(bench.counters().oneways == 0);
  CHECK(bench.counters().refused_with(ErrorCode::overloaded) == 1);
}

TEST_CASE("a oneway call waits for its name and then goes on without a number") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, oneway_id,
             {.object = "late", .flags = wire::flag::oneway | wire::flag::wait_for_name});
  CHECK(bench.core.parked() == 1);
  bench.serve(daemon_peer, {.name = "late"});
  CHECK(bench.take(daemon_peer).id() == 0);
  CHECK(bench.core.in_flight() == 0);
  bench.call(caller, oneway_id,
             {.object = "later",
              .remaining_ms = 100,
              .flags = wire::flag::oneway | wire::flag::wait_for_name});
  bench.pass(101ms);
  CHECK(bench.take(caller).id() == oneway_id);
}

TEST_CASE("a oneway call moves on to the next registration when a daemon is found dead") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "pool", .mode = NameMode::shared});
  bench.serve(third, {.name = "pool", .mode = NameMode::shared});
  bench.transport.gone.insert(daemon_peer);
  bench.call(caller, oneway_id, {.object = "pool", .flags = wire::flag::oneway});
  bench.call(caller, oneway_id, {.object = "pool", .flags = wire::flag::oneway});
  CHECK(bench.transport.inbox[third].size() == 2);
}

TEST_CASE("a oneway call to an object of the broker is answered only by an error") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, oneway_id, {.object = "@00000000", .flags = wire::flag::oneway});
  CHECK(bench.silent(caller));
  CHECK(bench.counters().local == 1);
  bench.objects.answer_kind = FrameKind::error;
  bench.call(caller, oneway_id, {.object = "@00000000", .flags = wire::flag::oneway});
  CHECK(bench.take(caller).id() == oneway_id);
}

TEST_CASE("oneway calls under way to a daemon are bounded by its pongs") {
  Limits limits;
  limits.bytes_per_daemon = 200;
  RoutingBench bench(limits);
  bench.set_up();
  const auto send = [&] { bench.call(caller, oneway_id, {.flags = wire::flag::oneway}); };
  std::vector<Received> pings;
  for (int call = 0; call < 4; ++call) {  // 51 bytes each
    send();
    if (call < 3) {
      CHECK(bench.take(daemon_peer).kind() == FrameKind::call);
      pings.push_back(bench.take(daemon_peer));
      CHECK(pings.back().kind() == FrameKind::ping);
    }
  }
  const auto refused = bench.take(caller);
  CHECK(refused.code() == ErrorCode::overloaded);
  CHECK(refused.error.text ==
        "over the limit bytes-per-daemon of greeter[4711] on alpha: 153 of 200 bytes are used and "
        "51 more are wanted; the call 'server.hi' was not sent");
  CHECK(bench.take(daemon_peer).id() == pings.back().id());            // asked again
  bench.control(daemon_peer, FrameKind::pong, pings.back().id() + 1);  // never asked for
  send();
  CHECK(bench.take(caller).code() == ErrorCode::overloaded);
  bench.take(daemon_peer);
  bench.control(daemon_peer, FrameKind::pong, pings.front().id());
  send();
  CHECK(bench.take(daemon_peer).kind() == FrameKind::call);
  CHECK(bench.silent(caller));
}

TEST_CASE("a sticky caller stays with the registration that it got first") {
  RoutingBench bench;
  bench.set_up();
  NameOffer offer{.name = "pool", .mode = NameMode::shared};
  std::uint16_t flags = wire::flag::sticky;
  SECTION("by its own wish") {}
  SECTION("by the daemon's wish") {
    offer.sticky = true;
    flags = 0;
  }
  bench.serve(daemon_peer, offer);
  bench.serve(third, offer);
  for (std::uint64_t id = 1; id <= 4; ++id)
    bench.call(caller, id, {.object = "pool", .flags = flags});
  CHECK(bench.transport.inbox[daemon_peer].size() == 4);
  CHECK(bench.transport.inbox[third].empty());
  bench.call(third, 1, {.object = "pool", .flags = flags});  // another caller, the less busy one
  CHECK(bench.transport.inbox[third].size() == 1);
}

TEST_CASE("a sticky caller whose daemon leaves gets another one and stays there") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "pool", .mode = NameMode::shared});
  bench.serve(third, {.name = "pool", .mode = NameMode::shared});
  const RoutingBench::CallOptions call{.object = "pool", .flags = wire::flag::sticky};
  bench.call(caller, 1, call);
  CHECK(bench.take(daemon_peer).kind() == FrameKind::call);
  bench.control(daemon_peer, FrameKind::bye, 0);
  CHECK(bench.take(caller).code() == ErrorCode::connection_lost);
  bench.call(caller, 2, call);
  bench.greet(daemon_peer, "greeter");
  bench.serve(daemon_peer, {.name = "pool", .mode = NameMode::shared});
  bench.call(caller, 3, call);
  CHECK(bench.transport.inbox[third].size() == 2);
}

TEST_CASE("a caller with too many sticky names is refused, until some of them are gone") {
  Limits limits;
  limits.sticky_per_session = 1;
  RoutingBench bench(limits);
  bench.set_up();
  const auto number = bench.serve(daemon_peer, {.name = "a", .mode = NameMode::shared});
  bench.serve(daemon_peer, {.name = "b", .mode = NameMode::shared});
  bench.call(caller, 1, {.object = "a", .flags = wire::flag::sticky});
  bench.call(caller, 2, {.object = "b", .flags = wire::flag::sticky});
  const auto refused = bench.take(caller);
  CHECK(refused.id() == 2);
  CHECK(refused.error.text ==
        "over the limit sticky-names-per-session of client[4711] on alpha: 1 of 1 are used; the "
        "call 'b.hi' was not sent");
  bench.registry.withdraw(daemon_peer, number);
  bench.call(caller, 3, {.object = "b", .flags = wire::flag::sticky});
  CHECK(bench.silent(caller));
  CHECK(bench.core.session_numbered(1)->sticky.size() == 1);
}

TEST_CASE("a call by tags reaches the least busy object that has them all") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "p1", .object_id = "obj", .tags = {"printer", "colour"}});
  bench.serve(third, {.name = "p2", .tags = {"printer", "colour", "a3"}});
  bench.serve(third, {.name = "p3", .tags = {"printer"}});
  for (std::uint64_t id = 1; id <= 4; ++id)
    bench.call(caller, id, {.object = "rmimeta:printer,colour"});
  CHECK(bench.transport.inbox[daemon_peer].size() == 2);
  CHECK(bench.transport.inbox[third].size() == 2);
  CHECK(bench.take(daemon_peer).view.object == "obj");
  CHECK(bench.take(third).view.object == "p2");
  bench.call(caller, 5, {.object = "rmimeta:a3"});
  bench.take(third);
  CHECK(bench.take(third).view.object == "p2");
}

TEST_CASE("a call by tags that nobody has fails with the tags that are missing") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "p1", .tags = {"printer"}});
  bench.serve(daemon_peer, {.name = "s1", .tags = {"scanner"}});
  const auto text_of = [&](const std::string& object) {
    bench.call(caller, 5, {.object = object});
    const auto answer = bench.take(caller);
    CHECK(answer.code() == ErrorCode::name_not_found);
    return answer.error.text;
  };
  CHECK(text_of("rmimeta:printer,blue,wide") == "no object has the tag 'blue', 'wide'");
  CHECK(text_of("rmimeta:printer,scanner") ==
        "no object has all of the tags 'printer,scanner'; each of them is there, but not together");
  CHECK(text_of("rmimeta:") == "no object has the tag ''");
}

TEST_CASE("a call by tags waits until one object has them all") {
  RoutingBench bench;
  bench.set_up();
  const RoutingBench::CallOptions wait{.object = "rmimeta:a,b", .flags = wire::flag::wait_for_name};
  bench.serve(daemon_peer, {.name = "x", .tags = {"a"}});
  bench.call(caller, 1, wait);
  bench.serve(daemon_peer, {.name = "y", .tags = {"b"}});
  CHECK(bench.core.parked() == 1);
  SECTION("by a new name") {
    bench.serve(third, {.name = "z", .tags = {"a", "b"}});
    CHECK(bench.take(third).view.object == "z");
  }
  SECTION("by new tags of a name") {
    bench.registry.set_tags("x", {"a", "b"});
    bench.core.tagged("x");
    bench.core.tick(bench.now);
    CHECK(bench.take(daemon_peer).view.object == "x");
  }
  CHECK(bench.core.parked() == 0);
}

TEST_CASE("tags follow their registration") {
  RoutingBench bench;
  bench.set_up();
  const auto found = [&](const std::string& tags) {
    return bench.registry.resolve("rmimeta:" + tags).registration != nullptr;
  };
  const auto number = bench.serve(daemon_peer, {.name = "x", .tags = {"a"}});
  bench.serve(daemon_peer, {.name = "x", .tags = {"b"}});  // it says so again, with another tag
  CHECK_FALSE(found("a"));
  CHECK(found("b"));
  bench.registry.set_tags("x", {"c"});
  CHECK_FALSE(found("b"));
  CHECK(found("c"));
  bench.registry.withdraw(daemon_peer, number);
  CHECK_FALSE(found("c"));
  bench.serve(third, {.name = "far", .tags = {"d"}, .target = "rmi:o@tcp://10.0.0.1:5000"});
  CHECK_FALSE(found("d"));  // no call can be sent there
}
