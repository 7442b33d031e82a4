// Names whose owner is away: calls to them wait, and only the owner takes them back.
#include <catch2/catch.hpp>

#include "store_routing.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using FrameKind = wire::Kind;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_ = RoutingBench::daemon;
constexpr Peer third = RoutingBench::other;

TEST_CASE("an owner that comes back as it was is not written again") {
  StoreRouting bench;
  bench.entered(daemon_, shop);
  bench.core.on_gone(daemon_, bench.now);
  CHECK(bench.is_stale("shop"));
  bench.greet(daemon_, "greeter");
  bench.enter(daemon_, 1, shop);
  CHECK(StoreRouting::number_in(bench.take(daemon_)) != 0);
  CHECK_FALSE(bench.is_stale("shop"));
}

TEST_CASE("a call to a stale name waits for its owner") {
  StoreRouting bench({{.name = "shop",
                       .object_id = "shop",
                       .holder = {.principal = "anonymous", .program = "greeter"},
                       .owner_text = "greeter[1] on alpha"}});
  CHECK(bench.is_stale("shop"));
  bench.call(caller, 5, {.object = "shop"});
  CHECK(bench.silent(caller));
  CHECK(bench.core.parked() == 1);
  bench.enter(third, 1, shop);
  CHECK(bench.take(third).code() == ErrorCode::name_taken);
  bench.enter(daemon_, 1, shop);  // another process of it, which needs no disk
  CHECK(StoreRouting::number_in(bench.take(daemon_)) != 0);
  CHECK(bench.core.parked() == 0);
  const auto call = bench.take(daemon_);
  CHECK(call.kind() == FrameKind::call);
  bench.answer(daemon_, call);
  CHECK(bench.take(caller).id() == 5);
}

TEST_CASE("a call that waits for the owner of a stale name ends by its deadline") {
  StoreRouting bench;
  bench.entered(daemon_, shop);
  bench.core.on_gone(daemon_, bench.now);
  bench.call(caller, 5, {.object = "shop", .remaining_ms = 100});
  bench.pass(200ms);
  const auto error = bench.take(caller);
  CHECK(error.code() == ErrorCode::timeout);
  CHECK(error.outcome() == Outcome::not_executed);
}

TEST_CASE("a call that waits for the owner of a name that is removed is told so") {
  StoreRouting bench;
  bench.entered(daemon_, shop);
  bench.core.on_gone(daemon_, bench.now);
  bench.call(caller, 5, {.object = "shop"});
  bench.remove(third, 6, "shop");
  CHECK(bench.silent(caller));
  bench.written();
  CHECK(bench.take(caller).code() == ErrorCode::name_not_found);
}

TEST_CASE("a released name that is not durable is held for its successor") {
  StoreRouting bench;
  bench.enter(daemon_, 1, {.name = "brief", .hold = 1min});
  const auto number = StoreRouting::number_in(bench.take(daemon_));
  bench.ask<&Names::release>(daemon_, 2, "release", number);
  bench.take(daemon_);
  bench.call(caller, 5, {.object = "brief"});
  CHECK(bench.silent(caller));
  bench.serve(third, {.name = "brief"});
  CHECK(bench.take(third).kind() == FrameKind::call);
}

TEST_CASE("nobody is told to drain a stale name") {
  StoreRouting bench;
  bench.entered(daemon_, shop);
  bench.core.on_gone(daemon_, bench.now);
  ControlObject control(bench.core, bench.registry, {}, bench.limits, {});
  CHECK_THROWS_WITH(control.drain("shop"), Catch::Matchers::Contains("nobody is there to drain"));
}

TEST_CASE("a broker that drains waits for the disk") {
  StoreRouting bench;
  bench.enter(daemon_, 1, shop);
  bench.core.drain(bench.now);
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.silent(daemon_));  // no goodbye yet
  bench.written();
  CHECK(StoreRouting::number_in(bench.take(daemon_)) != 0);
  CHECK_FALSE(bench.core.drained(bench.now));
  CHECK(bench.take(daemon_).kind() == FrameKind::bye);
}

TEST_CASE("the answer to a call that went to the owner before it released the name still comes") {
  StoreRouting bench;
  const auto number = bench.entered(daemon_, shop);
  bench.call(caller, 5, {.object = "shop"});
  const auto call = bench.take(daemon_);
  bench.ask<&Names::release>(daemon_, 2, "release", number);
  bench.take(daemon_);
  CHECK(bench.is_stale("shop"));
  bench.answer(daemon_, call);
  CHECK(bench.take(caller).kind() == FrameKind::reply);
}

TEST_CASE("waiting for a stale name is waiting for its owner") {
  StoreRouting bench;
  bench.entered(daemon_, shop);
  bench.core.on_gone(daemon_, bench.now);
  bench.ask<&Names::wait>(caller, 1, "wait", std::string("shop"));
  CHECK(bench.silent(caller));
  bench.greet(daemon_, "greeter");
  bench.enter(daemon_, 2, shop);
  bench.take(daemon_);
  CHECK(bench.take(caller).kind() == FrameKind::reply);
}
