// Statistics of calls: buckets of times, names that are told apart, and what routing counts.
#include "ns/call_stats.hpp"

#include <catch2/catch.hpp>

#include <rmi/broker_control.hpp>

#include "routing_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer daemon_peer = RoutingBench::daemon;

namespace {

std::uint64_t bucket_of(std::chrono::nanoseconds time) {
  LatencyHistogram histogram;
  histogram.add(time);
  return histogram.counts().begin()->first;
}

const CallStats& stats_of(const RoutingBench& bench, const std::string& wanted) {
  const CallStats* found = nullptr;
  bench.core.stats().visit(wanted, [&](const std::string& name, const CallStats& stats) {
    if (name == wanted) found = &stats;
  });
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_CASE("a time is counted as at most a quarter longer than it was, and never as shorter") {
  for (std::uint64_t us = 0; us < 5'000'000'000; us += 1 + us / 7) {
    const auto counted = bucket_of(std::chrono::microseconds(us));
    if (us >= std::uint64_t{1} << 32U) {
      CHECK(counted == (std::uint64_t{1} << 32U) - 1);
      continue;
    }
    CHECK(counted >= us);
    CHECK(counted <= us + us / 4);
  }
  CHECK(bucket_of(-1ns) == 0);
  CHECK(bucket_of(std::chrono::nanoseconds::max()) == (std::uint64_t{1} << 32U) - 1);
}

TEST_CASE("quantiles are read by nearest rank, and are 0 when there is nothing") {
  CHECK(latency_quantile({}, 0.5) == 0us);
  const std::map<std::uint64_t, std::uint64_t> latency{{10, 50}, {20, 40}, {400, 10}};
  CHECK(latency_quantile(latency, 0) == 10us);
  CHECK(latency_quantile(latency, 0.5) == 10us);
  CHECK(latency_quantile(latency, 0.51) == 20us);
  CHECK(latency_quantile(latency, 0.9) == 20us);
  CHECK(latency_quantile(latency, 0.99) == 400us);
  CHECK(latency_quantile(latency, 1) == 400us);
  CHECK(latency_quantile(latency, 7) == 400us);
}

TEST_CASE("names beyond the limit are counted together, until others are given up") {
  StatsTable table(8);
  std::vector<std::shared_ptr<CallStats>> held;
  for (int i = 0; i < 8; ++i)
    held.push_back(table.of("name" + std::to_string(i)));
  CHECK(table.of("name3") == held[3]);
  const auto other = table.of("a ninth");
  CHECK(other == table.of("a tenth"));
  CHECK(table.size() == 9);
  CHECK(table.of(StatsTable::others) == other);

  held.clear();
  std::shared_ptr<CallStats> own;
  for (int i = 0; i < 3 && (own = table.of("late")) == other; ++i)  // it looks now and then
    own.reset();
  CHECK(own != other);
  CHECK(table.size() < 9);
}

TEST_CASE("calls, errors and times are counted by name") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1);
  const auto first = bench.take(daemon_peer);
  bench.now += 3ms;
  bench.answer(daemon_peer, first);
  bench.call(caller, 2);
  const auto second = bench.take(daemon_peer);
  ErrorPayload error;
  error.code = static_cast<std::uint8_t>(ErrorCode::remote);
  bench.send(daemon_peer, make_error({second.id(), second.view.header.registration}, error));
  bench.call(caller, 3, {.flags = wire::flag::oneway});

  const CallStats& stats = stats_of(bench, "server");
  CHECK(stats.calls == 2);
  CHECK(stats.errors == 1);
  CHECK(stats.oneways == 1);
  const auto latency = stats.latency.counts();
  CHECK(latency_quantile(latency, 0.5) == 0us);
  CHECK(latency_quantile(latency, 1) >= 3ms);
  CHECK(latency_quantile(latency, 1) <= 3750us);
}

TEST_CASE("calls that are lost or expire are counted by name, also after the name has gone") {
  RoutingBench bench;
  bench.set_up();
  bench.call(caller, 1, {.remaining_ms = 100});
  bench.call(caller, 2);
  bench.pass(1s);
  bench.core.on_gone(daemon_peer, bench.now);
  CHECK(bench.registry.resolve("server").registration == nullptr);
  const CallStats& stats = stats_of(bench, "server");
  CHECK(stats.expired == 1);
  CHECK(stats.lost == 1);
  CHECK(stats.calls == 2);
}
