// Bundles in the routing core: each frame as if it had come alone, and who gets them.
#include "routing_bench.hpp"

#include "bus/bundle.hpp"

using namespace rmi;
using namespace rmi::ns;
using FrameKind = wire::Kind;

namespace {

Frame call(std::uint64_t id, const std::string& object = "server") {
  return wire::build({.kind = FrameKind::call, .remaining_ms = 30'000, .call_id = id}, object, "hi",
                     3);
}

template <class... Frames>
Frame bundle_of(Frames... frames) {
  Bundle bundle;
  (bundle.add(std::move(frames)), ...);
  return std::move(*bundle.message());
}

/// As many frames as `make` has to make, from the first on.
template <class Make>
Frame bundle_of_many(std::uint64_t first, std::size_t count, Make&& make) {
  Bundle bundle;
  for (std::uint64_t id = first; id < first + count; ++id) {
    Frame frame = make(id);
    REQUIRE(bundle.fits(frame));
    bundle.add(std::move(frame));
  }
  return std::move(*bundle.message());
}

/// @return how many of the frames in a bundle went ahead.
std::size_t ahead_of(RoutingBench& bench, Peer from, Frame bundle, std::size_t count) {
  const auto sent = bench.transport.sent;
  bench.transport.flushes.clear();
  bench.send(from, std::move(bundle));
  CHECK(bench.transport.sent == sent + count);
  REQUIRE(bench.transport.flushes.size() <= 1);
  return bench.transport.flushes.empty() ? 0 : bench.transport.flushes.front() - sent;
}

std::size_t ahead_of_calls(RoutingBench& bench, std::uint64_t first, std::size_t count,
                           std::size_t payload = 3) {
  return ahead_of(
      bench, bench.caller,
      bundle_of_many(first, count,
                     [&](std::uint64_t id) {
                       return wire::build(
                           {.kind = FrameKind::call, .remaining_ms = 30'000, .call_id = id},
                           "server", "hi", payload);
                     }),
      count);
}

/// To calls that the daemon has.
std::size_t ahead_of_answers(RoutingBench& bench, std::size_t count) {
  return ahead_of(bench, bench.daemon,
                  bundle_of_many(1, count,
                                 [&](std::uint64_t) {
                                   const auto taken = bench.take(bench.daemon);
                                   return wire::build(
                                       {.kind = FrameKind::reply,
                                        .call_id = taken.id(),
                                        .registration = taken.view.header.registration},
                                       {}, {}, 3);
                                 }),
                  count);
}

}  // namespace

TEST_CASE("the calls in a bundle go on one by one, and in that order") {
  RoutingBench bench;
  bench.set_up();
  bench.send(bench.caller, bundle_of(call(1), call(2), call(3)));
  for (int i = 0; i < 3; ++i) {
    const auto taken = bench.take(bench.daemon);
    CHECK(taken.kind() == FrameKind::call);
    bench.answer(bench.daemon, taken);
    CHECK(bench.take(bench.caller).id() == static_cast<std::uint64_t>(i + 1));
  }
  CHECK(bench.counters().accepted == 3);
}

TEST_CASE("what is wrong with one frame of a bundle is nothing to the others") {
  RoutingBench bench;
  bench.set_up();
  Frame noise = call(9);
  noise.bytes()[0] = std::byte{'x'};
  bench.send(bench.caller, bundle_of(call(1), std::move(noise), call(2, "nobody"), call(3)));
  CHECK(bench.take(bench.daemon).kind() == FrameKind::call);
  CHECK(bench.take(bench.daemon).kind() == FrameKind::call);
  CHECK(bench.take(bench.caller).code() == ErrorCode::protocol);
  const auto missing = bench.take(bench.caller);
  CHECK(missing.code() == ErrorCode::name_not_found);
  CHECK(missing.id() == 2);
  CHECK(bench.silent(bench.caller));
}

TEST_CASE("the answers in a bundle each find their caller") {
  RoutingBench bench;
  bench.set_up();
  bench.call(bench.caller, 7);
  bench.call(bench.other, 8);
  const auto answer = [](const Received& taken) {
    return wire::build({.kind = FrameKind::reply,
                        .call_id = taken.id(),
                        .registration = taken.view.header.registration},
                       {}, {}, 0);
  };
  const auto first = bench.take(bench.daemon);
  const auto second = bench.take(bench.daemon);
  bench.send(bench.daemon, bundle_of(answer(second), answer(first)));
  CHECK(bench.take(bench.caller).id() == 7);
  CHECK(bench.take(bench.other).id() == 8);
}

TEST_CASE("a bundle that is none, or holds one, is refused and told of") {
  RoutingBench bench;
  bench.set_up();
  Frame none = wire::build({.kind = FrameKind::bundle, .call_id = 5}, {}, {}, 3);
  bench.send(bench.caller, std::move(none));
  const auto refused = bench.take(bench.caller);
  CHECK(refused.code() == ErrorCode::protocol);
  CHECK(refused.error.text ==
        "a bundle is frames, each after its length in 4 bytes, and has at most 8000 bytes");
  bench.send(bench.caller, bundle_of(bundle_of(call(1), call(2)), call(3)));
  CHECK(bench.take(bench.caller).error.text == "a bundle holds no bundles");
  CHECK(bench.take(bench.daemon).kind() == FrameKind::call);  // the rest of it
  CHECK(bench.silent(bench.daemon));
  CHECK(bench.counters().malformed == 2);
  REQUIRE(bench.lines.size() >= 2);
  CHECK(bench.lines.back() ==
        "client[4711] on alpha broke the protocol, and the frame was dropped: a bundle holds no "
        "bundles");
}

TEST_CASE("a stranger's bundle is answered frame by frame") {
  RoutingBench bench;
  bench.set_up();
  const Peer stranger = 9;
  bench.send(stranger, bundle_of(call(1), call(2)));
  CHECK(bench.take(stranger).code() == ErrorCode::unknown_session);
  CHECK(bench.take(stranger).id() == 2);
}

TEST_CASE("a session may end within a bundle") {
  RoutingBench bench;
  bench.set_up();
  bench.send(bench.caller,
             bundle_of(call(1), wire::build({.kind = FrameKind::bye}, {}, {}, 0), call(2)));
  CHECK(bench.take(bench.daemon).kind() == FrameKind::call);
  CHECK(bench.take(bench.daemon).kind() == FrameKind::cancel);
  CHECK(bench.take(bench.caller).code() == ErrorCode::unknown_session);
}

TEST_CASE("a call that waits for its name keeps no more than itself of its bundle") {
  RoutingBench bench;
  bench.set_up();
  Frame waiting = call(1, "later");
  const auto size = waiting.size();
  Frame flagged = wire::build({.kind = FrameKind::call,
                               .flags = wire::flag::wait_for_name,
                               .remaining_ms = 30'000,
                               .call_id = 1},
                              "later", "hi", 3);
  bench.send(bench.caller, bundle_of(std::move(flagged), call(2)));
  CHECK(bench.core.parked() == 1);
  CHECK(bench.take(bench.daemon).kind() == FrameKind::call);
  bench.serve(bench.other, {.name = "later"});
  const auto woken = bench.take(bench.other);
  CHECK(woken.frame.size() == size);
  CHECK_FALSE(woken.frame.is_part());
}

TEST_CASE("calls and answers may leave in bundles for those that take them, and for no others") {
  const bool daemon_takes = GENERATE(false, true);
  RoutingBench bench;
  bench.greet(bench.caller, "client");
  bench.takes_bundles = daemon_takes;
  bench.greet(bench.daemon, "greeter");
  bench.serve(bench.daemon, {.name = "server"});
  bench.call(bench.caller, 1);
  bench.call(bench.caller, 2, {.flags = wire::flag::oneway});
  CHECK(bench.transport.bundled[bench.daemon] == (daemon_takes ? 2 : 0));
  bench.call(bench.daemon, 3);
  bench.answer(bench.daemon, bench.take(bench.daemon));
  CHECK(bench.transport.bundled[bench.caller] == 0);
  bench.take(bench.daemon);  // the oneway
  bench.answer(bench.daemon, bench.take(bench.daemon));
  CHECK(bench.transport.bundled[bench.daemon] == (daemon_takes ? 4 : 0));
}

TEST_CASE("who accepts small messages only gets no bundles") {
  RoutingBench bench;
  bench.takes_bundles = true;
  bench.greet(bench.caller, "client", Bundle::max_size - 1);
  bench.greet(bench.daemon, "greeter", Bundle::max_size);
  bench.serve(bench.daemon, {.name = "server"});
  bench.call(bench.caller, 1);
  CHECK(bench.transport.bundled[bench.daemon] == 1);
  bench.answer(bench.daemon, bench.take(bench.daemon));
  CHECK(bench.transport.bundled[bench.caller] == 0);
}

TEST_CASE("a quarter of a bundle goes ahead while nothing else is under way") {
  RoutingBench bench;
  bench.set_up();
  CHECK(ahead_of_calls(bench, 1, 64) == 16);
  CHECK(ahead_of_answers(bench, 64) == 16);
  CHECK(bench.core.in_flight() == 0);
  CHECK(ahead_of_calls(bench, 100, 40) == 10);
}

TEST_CASE(
    "a bundle goes on whole while more than it is under way, or is to follow, or it is small") {
  RoutingBench bench;
  bench.set_up();
  SECTION("another call") {
    bench.call(bench.other, 1000);
    CHECK(ahead_of_calls(bench, 1, 64) == 0);
    bench.transport.inbox[bench.daemon].pop_front();
    CHECK(ahead_of_answers(bench, 64) == 0);
    CHECK(bench.core.in_flight() == 1);
  }
  SECTION("more answers are to follow") {
    ahead_of_calls(bench, 1, 64);
    CHECK(ahead_of_answers(bench, 50) == 0);
  }
  SECTION("it is full") {
    const std::size_t size = wire::header_size + 6 + 2 + 100 + 4;
    CHECK(ahead_of_calls(bench, 1, Bundle::max_payload / size, 100) == 0);
  }
  SECTION("it is small") {
    CHECK(ahead_of_calls(bench, 1, 39) == 0);
    CHECK(ahead_of_answers(bench, 39) == 0);
  }
}
