// rmi-ns top: what happened between two looks.
#include "cli/names_stats.hpp"

#include <catch2/catch.hpp>

using namespace rmi;
using namespace rmi::cli;

namespace {

NameStats stats(std::string name, std::uint64_t calls,
                std::map<std::uint64_t, std::uint64_t> latency = {}) {
  NameStats made;
  made.name = std::move(name);
  made.calls = calls;
  made.latency_us = std::move(latency);
  return made;
}

}  // namespace

TEST_CASE("the difference of two looks holds what was counted between them") {
  const auto recent = since(stats("a", 10, {{5, 4}, {10, 6}}), stats("a", 4, {{5, 4}}));
  CHECK(recent.calls == 6);
  CHECK(recent.latency_us == std::map<std::uint64_t, std::uint64_t>{{10, 6}});
}

TEST_CASE("the busiest name comes first, and one that is new counts from nothing") {
  const auto recent = busiest({stats("idle", 900), stats("new", 5), stats("busy", 1000)},
                              {stats("idle", 899), stats("busy", 500)});
  REQUIRE(recent.size() == 3);
  CHECK(recent[0].name == "busy");
  CHECK(recent[0].calls == 500);
  CHECK(recent[1].name == "new");
  CHECK(recent[1].calls == 5);
  CHECK(recent[2].calls == 1);
}

TEST_CASE("another broker's counts are not held against those of the former") {
  const auto recent = busiest({stats("a", 3)}, {stats("a", 1000)});
  CHECK(recent.front().calls == 3);
}
