// The routing core and time: deadlines, cancelled calls, calls that wait for a name.
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
  bench.readers = {caller};
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
  bench.readers = {caller};
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
  bench.control(third, FrameKind::cancel, 2);   // not its own
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
  bench.serve(third, {.name = "unrelated"});
  CHECK(bench.core.parked() == 2);
  bench.pass(9s);
  bench.serve(third, {.name = "late"});
  const auto call = bench.take(third);
  CHECK(call.view.object == "late");
  CHECK(call.view.header.remaining_ms == 20'000);
  bench.pass(14s);  // 24 of 30 s are over, not more
  bench.answer(third, call);
  CHECK(bench.take(caller).id() == 1);
  bench.answer(third, bench.take(third));
  CHECK(bench.take(caller).id() == 2);
  CHECK(bench.core.parked() == 0);
}

TEST_CASE("a call through an alias waits for the name at its end") {
  RoutingBench bench;
  bench.set_up();
  bench.serve(third, {.name = "nick", .target = "rminame:late"});
  bench.call(caller, 1, {.object = "nick", .flags = wire::flag::wait_for_name});
  CHECK(bench.core.parked() == 1);
  bench.serve(third, {.name = "late"});
  CHECK(bench.take(third).view.object == "late");
}

TEST_CASE("a call that waits for an alias goes on waiting for what it stands for") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.object = "nick", .flags = wire::flag::wait_for_name});
  bench.serve(third, {.name = "nick", .target = "rminame:late"});
  CHECK(bench.core.parked() == 1);
  bench.serve(third, {.name = "late"});
  CHECK(bench.take(third).view.object == "late");
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
  bench.serve(third, {.name = "late"});
  CHECK(bench.take(caller).id() == 1);
  CHECK(bench.objects.calls.size() == 2);
}

TEST_CASE("waiting calls can be cancelled, and die with their caller") {
  RoutingBench bench;
  bench.set_up();
  for (std::uint64_t id = 1; id <= 3; ++id)
    bench.call(caller, id, {.object = "late", .flags = wire::flag::wait_for_name});
  bench.call(third, 1, {.object = "late", .flags = wire::flag::wait_for_name});
  bench.control(caller, FrameKind::cancel, 2);
  CHECK(bench.core.parked() == 3);
  CHECK(bench.counters().cancelled == 1);
  bench.core.on_gone(caller, bench.now);
  CHECK(bench.core.parked() == 1);
  bench.serve(daemon_peer, {.name = "late"});
  CHECK(bench.transport.inbox[daemon_peer].size() == 1);
  CHECK(bench.silent(caller));
}

TEST_CASE("thousands of calls come and go in any order and nothing is left") {
  RoutingBench bench;
  bench.set_up();
  std::uint32_t random = 1;
  const auto next = [&] { return random = random * 1664525U + 1013904223U; };
  std::uint64_t number = 0;
  for (int round = 0; round < 200; ++round) {
    for (int at = 0; at < 50; ++at)
      bench.call(next() % 2 == 0 ? caller : third, ++number, {.remaining_ms = 1 + next() % 40'000});
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
