// Threads that wait for futures: many at once, and ends of all kinds meanwhile.
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"

using namespace rmi_test;
using model::Counter;

namespace {

struct Scene {
  rmi::EmbeddedBroker broker{quiet_broker()};
  std::optional<rmi::Daemon> daemon;
  std::optional<rmi::Bus> bus;
  std::optional<rmi::Proxy<Counter>> counter;

  explicit Scene(bool direct = false) {
    auto options = quiet_daemon(broker.endpoint());
    if (direct) options.listen = "unix://*";
    daemon.emplace(options);
    daemon->serve("counter", std::make_shared<Counter>());
    bus.emplace(quiet_bus(broker.endpoint()));
    counter.emplace(rmi::Proxy<Counter>(*bus, "counter")
                        .over(direct ? rmi::Path::direct : rmi::Path::brokered));
  }
};

}  // namespace

TEST_CASE("many futures of one thread come in the order in which it waits, or in any other") {
  Scene s(GENERATE(false, true));
  for (int round = 0; round < 20; ++round) {
    std::vector<rmi::Future<int>> sums;
    for (int i = 0; i < 64; ++i)
      sums.push_back(s.counter->async()->add(1));
    for (int i = 0; i < 64; ++i) {
      const int at = round % 2 == 0 ? i : 63 - i;
      CHECK(sums[static_cast<std::size_t>(at)].get() == round * 64 + at + 1);
    }
  }
}

TEST_CASE("a future is ready by itself, and continues by itself, after others were waited for") {
  Scene s(GENERATE(false, true));
  for (int round = 0; round < 20; ++round) {
    CHECK(s.counter->async()->add(1).get() == 4 * round + 1);
    const auto asked = s.counter->async()->add(1);
    CHECK(eventually([&] { return asked.ready(); }));
    std::atomic<bool> continued{false};
    auto then = s.counter->async()->add(1).then([&](int) { continued = true; });
    CHECK(eventually([&] { return continued.load(); }));
    std::vector<rmi::Future<int>> last;
    last.push_back(s.counter->async()->add(1));
    CHECK(rmi::when_all(std::move(last)).get().size() == 1);
  }
}

TEST_CASE("many threads wait for futures, and for calls, of one bus") {
  Scene s(GENERATE(false, true));
  std::atomic<int> sum{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 6; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        if (t == 0) {
          (*s.counter)->add(1);
        } else if (t == 1) {
          s.counter->async()->add(1).then([&](int) { ++sum; }).get();
          continue;
        } else {
          s.counter->async()->add(1).get();
        }
        ++sum;
      }
    });
  for (auto& caller : callers)
    caller.join();
  CHECK(sum == 6 * 300);
  CHECK((*s.counter)->add(0) == 6 * 300);
}

TEST_CASE("a future that is waited for ends with its time, its daemon, its bus, or by cancel") {
  Scene s(GENERATE(false, true));
  const auto hold = [&](std::chrono::milliseconds timeout) {
    return rmi::Proxy<Counter>(*s.bus, "nobody").waiting().with_timeout(timeout).async()->add(1);
  };
  CHECK_THROWS_AS(hold(100ms).get(), rmi::Error);
  CHECK_FALSE(hold(patience).wait_for(50ms));
  auto given_up = hold(patience);
  given_up.cancel();
  CHECK_THROWS_AS(given_up.get(), rmi::Cancelled);
  auto waited_for = hold(patience);
  std::atomic<bool> failed{false};
  std::thread waiting([&] {
    try {
      waited_for.get();
    } catch (const rmi::Error&) {
      failed = true;
    }
  });
  s.counter->async()->add(1).get();
  s.counter.reset();
  s.bus.reset();
  waiting.join();
  CHECK(failed);
}

TEST_CASE("buses end while threads wait for their futures") {
  const bool direct = GENERATE(false, true);
  Scene s(direct);
  for (int round = 0; round < 30; ++round) {
    std::optional<rmi::Bus> bus(quiet_bus(s.broker.endpoint()));
    const auto counter =
        rmi::Proxy<Counter>(*bus, "counter").over(direct ? rmi::Path::direct : rmi::Path::brokered);
    counter->add(0);
    std::vector<rmi::Future<int>> futures;
    for (int i = 0; i < 200; ++i)
      futures.push_back(counter.async()->add(1));
    std::atomic<bool> begun{false};
    std::atomic<int> ended{0};
    std::thread waiting([&] {
      for (auto& future : futures) {
        begun = true;
        try {
          future.get();
        } catch (const rmi::Error&) {  // lost, or not sent any more
        }
        ++ended;
      }
    });
    eventually([&] { return begun.load(); });
    bus.reset();
    waiting.join();
    CHECK(ended == 200);
  }
}
