// The routing core when peers, names, leases and time go away.
#include <catch2/catch.hpp>

#include "routing_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using FrameKind = wire::Kind;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_peer = RoutingBench::daemon;
constexpr Peer other = RoutingBench::other;

TEST_CASE("a daemon that dies fails its calls at once and says the outcome is unknown") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(other, 2);
  bench.lines.clear();
  bench.transport.gone.insert(daemon_peer);
  bench.core.on_gone(daemon_peer, bench.now);
  const auto answer = bench.take(caller);
  CHECK(answer.id() == 1);
  CHECK(answer.code() == ErrorCode::connection_lost);
  CHECK(answer.outcome() == Outcome::unknown);
  CHECK(answer.error.text ==
        "greeter[4711] on alpha lost its connection while it had the call 'server.hi'; the call "
        "may have run");
  CHECK(bench.take(other).id() == 2);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.registry.registrations() == 0);
  CHECK(bench.counters().lost == 2);
  CHECK(bench.lines == std::vector<std::string>{"greeter[4711] on alpha lost its connection; names "
                                                "dropped: 'server'; calls in flight to it: 2"});
  bench.call(caller, 3);
  CHECK(bench.take(caller).code() == ErrorCode::name_not_found);
}

TEST_CASE("a daemon that says goodbye fails the calls it still has") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.control(daemon_peer, FrameKind::bye, 0);
  CHECK_THAT(bench.take(caller).error.text, Contains("said goodbye while it had the call"));
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("a daemon found gone when a call is sent to it costs that call nothing") {
  RoutingBench bench;
  bench.set_up();
  bench.transport.gone.insert(daemon_peer);
  bench.call(caller, 1);
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::name_not_found);
  CHECK(answer.outcome() == Outcome::not_executed);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.core.in_flight() == 0);
}

TEST_CASE("a call to a shared name moves on to the next daemon when the first is gone") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(daemon_peer, {.name = "pool", .object_id = "one", .mode = NameMode::shared});
  bench.serve(other, {.name = "pool", .object_id = "two", .mode = NameMode::shared});
  bench.transport.gone.insert(daemon_peer);
  for (std::uint64_t id = 1; id <= 2; ++id) {
    bench.call(caller, id, {.object = "pool"});
    const auto call = bench.take(other);
    CHECK(call.view.object == "two");
    bench.answer(other, call);
    CHECK(bench.take(caller).id() == id);
  }
  CHECK(bench.core.sessions() == 2);
}

TEST_CASE("a caller that is gone leaves nothing but the daemon's work, which is told") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  const auto call = bench.take(daemon_peer);
  bench.core.on_gone(caller, bench.now);
  const auto cancel = bench.take(daemon_peer);
  CHECK(cancel.kind() == FrameKind::cancel);
  CHECK(cancel.id() == call.id());
  CHECK(cancel.view.header.registration == call.view.header.registration);
  CHECK(bench.core.in_flight() == 1);  // the daemon is still busy with it
  bench.answer(daemon_peer, call);
  CHECK(bench.counters().late == 1);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.silent(caller));
}

TEST_CASE("an orphaned call that the daemon never answers is forgotten in the end") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.remaining_ms = 0});
  bench.core.on_gone(caller, bench.now);
  bench.pass(59s);
  CHECK(bench.core.in_flight() == 1);
  bench.pass(2s);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.registry.registrations() == 1);  // the pause of 59 s is the broker's, not its fault
}

TEST_CASE("a session that calls itself and dies takes its call with it") {
  RoutingBench bench;
  bench.set_up();
  bench.call(daemon_peer, 1);
  bench.transport.gone.insert(daemon_peer);
  bench.core.on_gone(daemon_peer, bench.now);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.counters().undeliverable == 0);
}

TEST_CASE("a caller found gone when it is answered is forgotten") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(caller, 2);
  const auto call = bench.take(daemon_peer);
  bench.transport.gone.insert(caller);
  bench.answer(daemon_peer, call);
  CHECK(bench.core.sessions() == 2);
  CHECK(bench.counters().undeliverable == 1);
}

TEST_CASE("losing one daemon of two keeps the other's calls and names") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(other, {.name = "second"});
  bench.call(caller, 1);
  bench.call(caller, 2, {.object = "second"});
  bench.core.on_gone(daemon_peer, bench.now);
  CHECK(bench.take(caller).id() == 1);
  bench.answer(other, bench.take(other));
  CHECK(bench.take(caller).id() == 2);
}

TEST_CASE("a call that the daemon does not answer ends by its deadline") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.remaining_ms = 100});
  const auto call = bench.take(daemon_peer);
  bench.pass(104ms);  // the daemon comes first
  CHECK(bench.silent(caller));
  bench.pass(20ms);
  const auto answer = bench.take(caller);
  CHECK(answer.id() == 1);
  CHECK(answer.code() == ErrorCode::timeout);
  CHECK(answer.outcome() == Outcome::unknown);
  CHECK(answer.error.text ==
        "greeter[4711] on alpha did not answer the call 'server.hi' by its deadline; it may still "
        "run");
  CHECK(bench.counters().expired == 1);
  bench.answer(daemon_peer, call);
  CHECK(bench.counters().late == 1);
  CHECK(bench.silent(caller));
}

TEST_CASE("deadlines are kept in any order and beyond one turn of the wheel") {
  RoutingBench bench;
  bench.set_up();
  const std::vector<std::uint32_t> times{70'000, 50, 33'000, 5'000, 32'768, 1};
  for (std::size_t at = 0; at < times.size(); ++at)
    bench.call(caller, at + 1, {.remaining_ms = times[at]});
  std::map<std::uint64_t, Duration> ended;
  const auto start = bench.now;
  while (bench.now - start < 80s) {
    bench.control(daemon_peer, FrameKind::renew, 0);
    bench.pass(10ms);
    while (!bench.silent(caller))
      ended[bench.take(caller).id()] = bench.now - start;
  }
  REQUIRE(ended.size() == times.size());
  for (std::size_t at = 0; at < times.size(); ++at) {
    CHECK(ended[at + 1] >= std::chrono::milliseconds(times[at]));
    CHECK(ended[at + 1] <= std::chrono::milliseconds(times[at] + 230));
  }
}

TEST_CASE("a call without a deadline waits as long as the daemon lives") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.remaining_ms = 0});
  for (int minute = 0; minute < 60; ++minute) {
    bench.control(daemon_peer, FrameKind::renew, 0);
    bench.pass(60s);
  }
  CHECK(bench.core.in_flight() == 1);
  CHECK(bench.silent(caller));
}

TEST_CASE("next_timer is no later than the first deadline") {
  RoutingBench bench;
  bench.set_up();
  bench.registry.drop_owner(daemon_peer);
  CHECK_FALSE(bench.core.next_timer().has_value());
  bench.serve(daemon_peer, {.name = "server"});
  CHECK(bench.core.next_timer().value() <= bench.now + 1875ms);
  bench.call(caller, 1, {.remaining_ms = 200});
  bench.call(caller, 2, {.object = "none", .remaining_ms = 100, .flags = 1});
  CHECK(bench.core.next_timer().value() == bench.now + 100ms);
  bench.pass(100ms);
  CHECK(bench.take(caller).id() == 2);
  const auto next = bench.core.next_timer().value();
  CHECK(next >= bench.now + 100ms);
  CHECK(next <= bench.now + 136ms);
  bench.pass(next - bench.now);
  CHECK(bench.take(caller).id() == 1);
}

TEST_CASE("a caller's cancel reaches the daemon under its slot and ends the wait") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(caller, 2);
  const auto first = bench.take(daemon_peer);
  bench.take(daemon_peer);
  bench.control(caller, FrameKind::cancel, 1);
  const auto cancel = bench.take(daemon_peer);
  CHECK(cancel.kind() == FrameKind::cancel);
  CHECK(cancel.id() == first.id());
  CHECK(cancel.view.header.registration == first.view.header.registration);
  bench.answer(daemon_peer, first);
  CHECK(bench.silent(caller));
  CHECK(bench.counters().cancelled == 1);
  CHECK(bench.counters().late == 1);
  bench.control(caller, FrameKind::cancel, 1);  // again: nothing to cancel
  bench.control(other, FrameKind::cancel, 2);   // not its own
  CHECK(bench.silent(daemon_peer));
  CHECK(bench.core.in_flight() == 1);
}

TEST_CASE("a cancelled call keeps its deadline and disturbs none of the same time") {
  RoutingBench bench;
  bench.set_up();
  for (std::uint64_t id = 1; id <= 3; ++id)
    bench.call(caller, id, {.remaining_ms = 100});
  bench.control(caller, FrameKind::cancel, 2);
  CHECK(bench.core.in_flight() == 3);
  bench.pass(200ms);
  std::set<std::uint64_t> ended;
  while (!bench.silent(caller))
    ended.insert(bench.take(caller).id());
  CHECK(ended == std::set<std::uint64_t>{1, 3});
  CHECK(bench.core.in_flight() == 0);
}

TEST_CASE("a call that waits for its name is sent when the name appears") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.object = "late", .flags = wire::flag::wait_for_name});
  bench.call(caller, 2, {.object = "late", .flags = wire::flag::wait_for_name});
  CHECK(bench.silent(caller));
  CHECK(bench.core.parked() == 2);
  CHECK(bench.counters().parked == 2);
  bench.pass(1s);
  bench.serve(other, {.name = "unrelated"});
  CHECK(bench.core.parked() == 2);
  bench.pass(9s);
  bench.serve(other, {.name = "late"});
  const auto call = bench.take(other);
  CHECK(call.view.object == "late");
  CHECK(call.view.header.remaining_ms == 20'000);
  bench.pass(14s);  // 24 of 30 s are over, not more
  bench.answer(other, call);
  CHECK(bench.take(caller).id() == 1);
  bench.answer(other, bench.take(other));
  CHECK(bench.take(caller).id() == 2);
  CHECK(bench.core.parked() == 0);
}

TEST_CASE("a call through an alias waits for the name at its end") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(other, {.name = "nick", .target = "rminame:late"});
  bench.call(caller, 1, {.object = "nick", .flags = wire::flag::wait_for_name});
  CHECK(bench.core.parked() == 1);
  bench.serve(other, {.name = "late"});
  CHECK(bench.take(other).view.object == "late");
}

TEST_CASE("a call that waits for an alias goes on waiting for what it stands for") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.object = "nick", .flags = wire::flag::wait_for_name});
  bench.serve(other, {.name = "nick", .target = "rminame:late"});
  CHECK(bench.core.parked() == 1);
  bench.serve(other, {.name = "late"});
  CHECK(bench.take(other).view.object == "late");
}

TEST_CASE("a call whose name does not come in time was surely not executed") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1,
             {.object = "never", .remaining_ms = 250, .flags = wire::flag::wait_for_name});
  bench.pass(249ms);
  CHECK(bench.silent(caller));
  bench.pass(1ms);
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::timeout);
  CHECK(answer.outcome() == Outcome::not_executed);
  CHECK(answer.error.text ==
        "waited 250 ms for the name 'never', which nobody served; the call was not sent");
  CHECK(bench.core.parked() == 0);
}

TEST_CASE("an object of the broker can make its caller wait for a name") {
  RoutingBench bench;
  bench.set_up();
  bench.registry.enter_builtin("broker", {.name = "rmi.names"}, bench.now);
  bench.objects.wait_for = "late";
  bench.call(caller, 1, {.object = "rmi.names"});
  CHECK(bench.silent(caller));
  bench.objects.wait_for.clear();
  bench.serve(other, {.name = "late"});
  CHECK(bench.take(caller).id() == 1);
  CHECK(bench.objects.calls.size() == 2);
}

TEST_CASE("waiting calls can be cancelled, and die with their caller") {
  RoutingBench bench;
  bench.set_up();
  for (std::uint64_t id = 1; id <= 3; ++id)
    bench.call(caller, id, {.object = "late", .flags = wire::flag::wait_for_name});
  bench.call(other, 1, {.object = "late", .flags = wire::flag::wait_for_name});
  bench.control(caller, FrameKind::cancel, 2);
  CHECK(bench.core.parked() == 3);
  CHECK(bench.counters().cancelled == 1);
  bench.core.on_gone(caller, bench.now);
  CHECK(bench.core.parked() == 1);
  bench.serve(daemon_peer, {.name = "late"});
  CHECK(bench.transport.inbox[daemon_peer].size() == 1);
  CHECK(bench.silent(caller));
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
    limits.parked_calls = 1;
    CHECK(refused() ==
          "this broker has 1 calls that wait for a name, the limit is 1; the call 'late.hi' does "
          "not wait for 'late'");
  }
  SECTION("of the caller") {
    limits.parked_per_caller = 1;
    CHECK_THAT(refused(), Contains("the caller has 1 calls that wait for a name"));
  }
  SECTION("bytes") {
    limits.parked_bytes = 60;
    CHECK_THAT(refused(), Contains("this broker has 49 bytes of calls that wait for a name"));
  }
}

TEST_CASE("a renewal keeps the names, and tells what others took") {
  RoutingBench bench;
  bench.set_up();
  for (int second = 0; second < 60; ++second) {
    if (second % 5 == 0) {
      bench.control(daemon_peer, FrameKind::renew, 7);
      const auto pong = bench.take(daemon_peer);
      CHECK(pong.kind() == FrameKind::pong);
      CHECK(pong.id() == 7);
      CHECK(pong.view.payload.empty());
    }
    bench.pass(1s);
  }
  const auto number = bench.registry.resolve("server").registration->number;
  bench.serve(other, {.name = "server", .mode = NameMode::replace});
  bench.control(daemon_peer, FrameKind::renew, 8);
  std::vector<std::uint64_t> lost;
  decode(bench.take(daemon_peer).view.payload, {}, lost);
  CHECK(lost == std::vector<std::uint64_t>{number});
  bench.control(daemon_peer, FrameKind::renew, 9);
  CHECK(bench.take(daemon_peer).view.payload.empty());
}

TEST_CASE("a daemon that stops renewing loses its names and calls and must greet again") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.take(daemon_peer);
  bench.lines.clear();
  for (int second = 0; second < 15; ++second)
    bench.pass(1s);
  const auto answer = bench.take(caller);
  CHECK(answer.code() == ErrorCode::connection_lost);
  CHECK_THAT(answer.error.text, Contains("greeter[4711] on alpha did not renew its lease while"));
  CHECK(bench.registry.registrations() == 0);
  CHECK(bench.lines ==
        std::vector<std::string>{"greeter[4711] on alpha did not renew its lease; names dropped: "
                                 "'server'"});
  bench.control(daemon_peer, FrameKind::renew, 1);
  const auto told = bench.take(daemon_peer);
  CHECK(told.code() == ErrorCode::unknown_session);
  CHECK_THAT(told.error.text, Contains("lease has lapsed"));
  Hello hello;
  hello.session[5] = 5;
  bench.send(daemon_peer, make_hello(hello));
  CHECK(bench.take(daemon_peer).kind() == FrameKind::welcome);
  bench.control(daemon_peer, FrameKind::renew, 2);
  CHECK(bench.take(daemon_peer).kind() == FrameKind::pong);
}

TEST_CASE("a suspect is pinged again and again until the connection turns out to be gone") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.take(daemon_peer);
  bench.core.suspect(daemon_peer, bench.now);
  CHECK(bench.take(daemon_peer).kind() == FrameKind::ping);
  CHECK(bench.silent(other));
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
  for (int step = 0; step < 300; ++step)
    bench.pass(10ms);
  CHECK(bench.transport.inbox[daemon_peer].size() == 5);
  bench.core.suspect(98, bench.now);  // a stranger
  CHECK(bench.silent(98));
}

TEST_CASE("when nobody knows who was lost, everybody is pinged") {
  RoutingBench bench;
  bench.set_up();
  bench.transport.gone = {daemon_peer, caller};
  bench.core.suspect_all(bench.now);
  CHECK(bench.core.sessions() == 1);
  CHECK(bench.take(other).kind() == FrameKind::ping);
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

TEST_CASE("registrations and removals are logged in one line each, renewals are not") {
  RoutingBench bench;
  bench.set_up();
  bench.lines.clear();
  bench.serve(daemon_peer, {.name = "a"});
  bench.serve(daemon_peer, {.name = "a"});
  bench.serve(other, {.name = "b", .target = "rminame:a"});
  bench.serve(other, {.name = "a", .mode = NameMode::replace});
  bench.core.removed(bench.registry.remove("a"), "client[1] on beta");
  CHECK(bench.lines ==
        std::vector<std::string>{"'a' is served by greeter[4711] on alpha (registration 502)",
                                 "'b' stands for 'rminame:a' now", "names removed by other: 'a'",
                                 "'a' is served by other (registration 504)",
                                 "names removed by client[1] on beta: 'a'"});
}

TEST_CASE("many lost names are one short line") {
  RoutingBench bench;
  bench.greet(daemon_peer, "greeter");
  for (int number = 0; number < 8; ++number)
    bench.serve(daemon_peer, {.name = "n" + std::to_string(number)});
  bench.lines.clear();
  bench.core.on_gone(daemon_peer, bench.now);
  REQUIRE(bench.lines.size() == 1);
  CHECK_THAT(bench.lines[0], Contains("'n0', 'n1', 'n2', 'n3', 'n4' and 3 more"));
}

TEST_CASE("a broker that stops ends every call with the right outcome") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  bench.call(caller, 2, {.object = "late", .flags = wire::flag::wait_for_name});
  bench.core.stop(bench.now);
  const auto waiting = bench.take(caller);
  CHECK(waiting.id() == 2);
  CHECK(waiting.code() == ErrorCode::draining);
  CHECK(waiting.outcome() == Outcome::not_executed);
  const auto running = bench.take(caller);
  CHECK(running.id() == 1);
  CHECK(running.code() == ErrorCode::connection_lost);
  CHECK(running.outcome() == Outcome::unknown);
  CHECK_THAT(running.error.text, Contains("the broker stopped while greeter[4711] on alpha had"));
  CHECK(bench.core.in_flight() == 0);
}

TEST_CASE("thousands of calls come and go in any order and nothing is left") {
  RoutingBench bench;
  bench.set_up();
  std::uint32_t random = 1;
  const auto next = [&] { return random = random * 1664525U + 1013904223U; };
  std::uint64_t number = 0;
  for (int round = 0; round < 200; ++round) {
    for (int at = 0; at < 50; ++at)
      bench.call(next() % 2 == 0 ? caller : other, ++number, {.remaining_ms = 1 + next() % 40'000});
    auto& inbox = bench.transport.inbox[daemon_peer];
    while (inbox.size() > 20) {
      const auto at = static_cast<std::ptrdiff_t>(next() % inbox.size());
      Received call(std::move(inbox[static_cast<std::size_t>(at)]));
      inbox.erase(inbox.begin() + at);
      if (call.kind() == FrameKind::call) bench.answer(daemon_peer, call);
    }
    bench.pass(std::chrono::milliseconds(next() % 50));
    bench.control(daemon_peer, FrameKind::renew, 0);
  }
  bench.pass(41s);
  CHECK(bench.core.in_flight() == 0);
  CHECK(bench.counters().accepted == number);
  CHECK(bench.counters().replied + bench.counters().expired == number);
  CHECK(bench.registry.resolve("server").registration->in_flight == 0);
}
