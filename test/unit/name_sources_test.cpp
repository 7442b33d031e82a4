// Watching names: what a reader that pulls gets, and when.
#include "ns/name_sources.hpp"

#include <catch2/catch.hpp>

#include "name_sources_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;

TEST_CASE("a watcher gets the entries that are there, and then what happens to them") {
  Bench bench;
  bench.enter_names({"b", "a"});
  const auto source = bench.watch();
  CHECK(bench.items(source, 1) == Items{"+a", "+b"});
  CHECK(bench.items(source, 2) == Items{"(waits)"});
  bench.enter(alpha, {.name = "c"});
  const auto answers = bench.answered();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].items == Items{"+c"});
  bench.registry.set_tags("c", {"t"});
  bench.registry.remove("a");
  bench.enter(alpha, {.name = "c", .tags = {"t"}});  // a renewal that changes nothing
  bench.enter(alpha, {.name = "c", .tags = {"u"}});
  bench.registry.drop_owner(alpha);
  CHECK(bench.items(source, 3) == Items{"*c", "-a", "*c", "-b", "-c"});
}

TEST_CASE("names that come and go while the entries are read are told once, and in order") {
  Bench bench;
  bench.enter_names({"a", "c", "e"});
  const auto source = bench.watch();
  const auto one = [&](std::uint64_t sequence) {
    return bench.pull(source, {.sequence = sequence, .items = 1})->items;
  };
  CHECK(one(1) == Items{"+a"});
  bench.enter_names({"b"});    // ahead of the walk: it will come to it
  bench.registry.remove("a");  // behind
  bench.registry.remove("e");  // ahead
  bench.registry.set_tags("c", {"t"});
  CHECK(one(2) == Items{"+b"});
  CHECK(one(3) == Items{"+c"});
  CHECK(one(4) == Items{"-a"});
  CHECK(bench.items(source, 5) == Items{"(waits)"});
}

TEST_CASE("a filter decides what is told, also when tags make an entry fit or not") {
  Bench bench;
  bench.enter(alpha, {.name = "p.1", .tags = {"x"}});
  bench.enter(alpha, {.name = "p.2"});
  bench.enter(alpha, {.name = "q.1", .tags = {"x"}});
  const auto source = bench.watch({.prefix = "p.", .regex = "p\\.[12]", .tags = {"x"}});
  CHECK(bench.items(source, 1) == Items{"+p.1"});
  bench.registry.set_tags("p.2", {"x", "y"});
  bench.registry.set_tags("p.2", {"x"});
  bench.registry.set_tags("p.2", {});
  bench.registry.set_tags("q.1", {"x", "y"});
  bench.enter(alpha, {.name = "p.3", .tags = {"x"}});
  bench.registry.remove("p.2");
  CHECK(bench.items(source, 2) == Items{"+p.2", "*p.2", "-p.2"});
}

TEST_CASE("each entry of a shared name is told of") {
  Bench bench;
  bench.enter(alpha, {.name = "pool", .mode = NameMode::shared});
  bench.enter(beta, {.name = "pool", .mode = NameMode::shared});
  const auto source = bench.watch();
  CHECK(bench.pull(source, {.sequence = 1, .items = 1})->items == Items{"+pool"});
  CHECK(bench.items(source, 2) == Items{"+pool"});
  bench.registry.drop_owner(alpha);
  CHECK(bench.items(source, 3) == Items{"-pool"});
}

TEST_CASE("chunks are as small as the reader asks, but one entry at least") {
  Bench bench;
  bench.enter_names({"a", "b", "c"});
  const auto source = bench.watch();
  CHECK(bench.pull(source, {.sequence = 1, .items = 0, .bytes = 0})->items == Items{"+a"});
  CHECK(bench.pull(source, {.sequence = 2, .bytes = 1})->items == Items{"+b"});
}

TEST_CASE("several pulls wait in order") {
  Bench bench;
  const auto source = bench.watch();
  CHECK_FALSE(bench.pull(source, {.sequence = 1, .items = 1, .call_id = 11}));
  CHECK_FALSE(bench.pull(source, {.sequence = 2, .items = 1, .call_id = 12}));
  CHECK(bench.sources.pulls() == 2);
  bench.enter_names({"a", "b", "c"});
  const auto answers = bench.answered();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].call_id == 11);
  CHECK(answers[0].items == Items{"+a"});
  CHECK(answers[1].call_id == 12);
  CHECK(answers[1].items == Items{"+b"});
  CHECK(bench.items(source, 3) == Items{"+c"});
}

TEST_CASE("the last chunk is given again to who asks for it again") {
  Bench bench;
  bench.enter_names({"a"});
  const auto source = bench.watch();
  CHECK(bench.items(source, 7) == Items{"+a"});
  CHECK(bench.items(source, 7) == Items{"+a"});
  CHECK(bench.items(source, 8) == Items{"(waits)"});
  CHECK(bench.refusal(bench.pull(source, {.sequence = 8})) == "chunk 8 is asked for already");
  bench.enter_names({"b"});
  bench.answered();
  CHECK(bench.refusal(bench.pull(source, {.sequence = 7})) ==
        "chunk 7 is kept no more; the last one was 8");
}

TEST_CASE("a pull whose time is over gets an empty chunk, and so do those before it") {
  Bench bench;
  const auto source = bench.watch();
  CHECK_FALSE(bench.sources.next_answer());
  CHECK_FALSE(bench.pull(source, {.sequence = 1, .remaining_ms = 500, .call_id = 11}));
  CHECK_FALSE(bench.pull(source, {.sequence = 2, .remaining_ms = 300, .call_id = 12}));
  CHECK_FALSE(bench.pull(source, {.sequence = 3, .remaining_ms = 900, .call_id = 13}));
  CHECK(bench.sources.next_answer() == bench.now + 300ms);
  bench.now += 299ms;
  CHECK(bench.answered().empty());
  bench.now += 1ms;
  const auto answers = bench.answered();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].call_id == 11);
  CHECK(answers[1].call_id == 12);
  CHECK(answers[1].items.empty());
  CHECK(bench.sources.next_answer() == bench.now + 600ms);
}

TEST_CASE("a filter that fits little is held against some names in each pull") {
  WatchLimits limits;
  limits.names_per_pull = 2;
  Bench bench(limits);
  bench.enter_names({"a", "b", "c", "d", "e"});
  bench.registry.set_tags("e", {"x"});
  const auto source = bench.watch({.tags = {"x"}});
  CHECK(bench.items(source, 1).empty());
  CHECK(bench.items(source, 2).empty());
  CHECK(bench.items(source, 3) == Items{"+e"});
}
