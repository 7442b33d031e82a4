// Calls that change durable names: answered when the disk has it, and only then seen by anybody.
#include <catch2/catch.hpp>

#include "store_routing.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using FrameKind = wire::Kind;
using Catch::Matchers::Contains;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_ = RoutingBench::daemon;
constexpr Peer third = RoutingBench::other;

TEST_CASE("a durable name is answered for, and seen, when it is on disk") {
  StoreRouting bench;
  bench.enter(daemon_, 1, shop);
  CHECK(bench.silent(daemon_));
  CHECK_FALSE(bench.knows("shop"));
  bench.written();
  const auto reply = bench.take(daemon_);
  CHECK(reply.kind() == FrameKind::reply);
  CHECK(reply.id() == 1);
  CHECK(bench.knows("shop"));
  CHECK(bench.agree());
}

TEST_CASE("a disk that refuses leaves everything as it was, and the caller is told why") {
  StoreRouting bench;
  bench.enter(daemon_, 1, shop);
  bench.written("the store 'x' cannot be written: disk full");
  const auto error = bench.take(daemon_);
  CHECK(error.kind() == FrameKind::error);
  CHECK(error.id() == 1);
  CHECK(error.outcome() == Outcome::not_executed);
  CHECK_THAT(error.error.text, Contains("'shop'") && Contains("disk full"));
  CHECK_FALSE(bench.knows("shop"));

  bench.entered(daemon_, shop);
  bench.remove(caller, 2, "shop");
  CHECK(bench.knows("shop"));
  bench.written("no");
  CHECK(bench.take(caller).kind() == FrameKind::error);
  CHECK(bench.knows("shop"));
  CHECK(bench.agree());
}

TEST_CASE("what is not durable does not wait for the disk") {
  StoreRouting bench;
  bench.enter(daemon_, 1, shop);
  bench.enter(daemon_, 2, {.name = "other"});
  CHECK(StoreRouting::number_in(bench.take(daemon_)) != 0);
  bench.remove(caller, 3, "other");
  CHECK(StoreRouting::number_in(bench.take(caller)) == 1);
}

TEST_CASE("changes of one name wait for each other, in the order they came") {
  StoreRouting bench;
  bench.enter(daemon_, 1, shop);
  bench.enter(third, 2, {.name = "shop"});
  bench.remove(caller, 3, "shop");
  bench.enter(third, 4, {.name = "shop"});
  CHECK(bench.store.submitted.size() == 1);
  CHECK(bench.silent(third));
  bench.written();
  CHECK(bench.take(daemon_).kind() == FrameKind::reply);
  CHECK(bench.take(third).code() == ErrorCode::name_taken);
  CHECK(bench.silent(caller));
  bench.written();
  CHECK(StoreRouting::number_in(bench.take(caller)) == 1);
  CHECK(bench.take(third).kind() == FrameKind::reply);
  CHECK(bench.store.disk.empty());
  CHECK(bench.agree());
}

TEST_CASE("two aliases that are written at once cannot lead to each other") {
  StoreRouting bench;
  bench.enter(caller, 1, {.name = "a", .target = "rminame:b", .durable = true});
  bench.enter(third, 2, {.name = "b", .target = "rminame:a", .durable = true});
  bench.written();
  CHECK(bench.take(caller).kind() == FrameKind::reply);
  CHECK(bench.take(third).code() == ErrorCode::bad_arguments);
  CHECK(bench.agree());
}

TEST_CASE("a name whose owner ends while it is written is stale") {
  StoreRouting bench;
  bench.enter(daemon_, 1, shop);
  bench.control(daemon_, FrameKind::bye, 0);
  bench.written();
  CHECK(bench.silent(daemon_));
  CHECK(bench.is_stale("shop"));
  CHECK(bench.agree());
}

TEST_CASE("a withdrawal whose caller ends while it is written is done") {
  StoreRouting bench;
  const auto number = bench.entered(daemon_, shop);
  bench.ask<&Names::withdraw>(daemon_, 2, "withdraw", number);
  bench.control(daemon_, FrameKind::bye, 0);
  CHECK(bench.is_stale("shop"));
  bench.written();
  CHECK_FALSE(bench.knows("shop"));
  CHECK(bench.agree());
}

TEST_CASE("the lease of an owner may lapse while its name is withdrawn") {
  StoreRouting bench;
  const auto number = bench.entered(daemon_, shop);
  bench.ask<&Names::withdraw>(daemon_, 2, "withdraw", number);
  for (int step = 0; step < 10; ++step)
    bench.pass(2s);
  CHECK(bench.is_stale("shop"));
  bench.written();
  CHECK_FALSE(bench.knows("shop"));
  CHECK(bench.agree());
}

TEST_CASE("names that match by now are removed from disk too") {
  StoreRouting bench;
  bench.entered(daemon_, {.name = "a.1", .durable = true});
  bench.enter(daemon_, 1, {.name = "a.2", .durable = true});
  bench.ask<&Names::remove_matching>(caller, 2, "remove_matching", NameFilter{.prefix = "a."});
  bench.written();  // a.2 is there
  bench.take(daemon_);
  bench.written();  // a.1 is gone, but now a.2 matches too
  CHECK(bench.silent(caller));
  bench.written();
  CHECK(StoreRouting::number_in(bench.take(caller)) == 2);
  CHECK_FALSE(bench.knows("a.1"));
  CHECK_FALSE(bench.knows("a.2"));
  CHECK(bench.agree());
}

TEST_CASE("tags of a durable name are set when they are on disk") {
  StoreRouting bench;
  bench.entered(daemon_, shop);
  bench.ask<&Names::set_tags>(caller, 1, "set_tags", std::string("shop"),
                              std::set<std::string>{"red"});
  CHECK(bench.registry.tags("shop").empty());
  bench.written();
  CHECK(bench.take(caller).kind() == FrameKind::reply);
  CHECK(bench.registry.tags("shop") == std::set<std::string>{"red"});
  CHECK(bench.store.disk.at("shop").tags == std::set<std::string>{"red"});
}

TEST_CASE("an owner keeps a name whose tags are set by somebody that ends before it is told") {
  StoreRouting bench;
  const auto number = bench.entered(daemon_, shop);
  bench.ask<&Names::set_tags>(caller, 1, "set_tags", std::string("shop"),
                              std::set<std::string>{"red"});
  bench.control(caller, FrameKind::bye, 0);
  bench.written();
  CHECK(bench.registry.tags("shop") == std::set<std::string>{"red"});
  CHECK_FALSE(bench.is_stale("shop"));
  CHECK(bench.registry.resolve("shop").registration->number == number);
}

TEST_CASE("changes that come faster than the disk takes them are refused") {
  StoreRouting bench({}, {.calls = 2});
  bench.enter(daemon_, 1, shop);
  bench.enter(daemon_, 2, {.name = "other", .durable = true});
  bench.enter(daemon_, 3, {.name = "third", .durable = true});
  const auto error = bench.take(daemon_);
  CHECK(error.id() == 3);
  CHECK(error.code() == ErrorCode::overloaded);
  bench.written();
  bench.written();
  bench.take(daemon_);
  bench.take(daemon_);
  bench.entered(daemon_, {.name = "third", .durable = true});
  CHECK(bench.agree());
}

TEST_CASE("a broker without a store refuses durable names and says which option is missing") {
  RoutingBench bench;
  const Limits limits;
  BuiltinObjects builtins(bench.registry, bench.core, ControlObject::Facts{.start = bench.now},
                          limits, LogSink());
  NamesObject names(bench.registry, bench.core, nullptr);
  CHECK_THROWS_WITH(names.enter(shop), Contains("'shop'") && Contains("rmi-broker --store FILE"));
  CHECK(bench.registry.resolve("shop").registration == nullptr);
}
