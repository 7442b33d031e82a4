// Futures of calls that stay in the process: whoever waits for one runs the method, once that has
// been quick; and what is left to a thread that does not come runs all the same.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "test/integration/fixture.hpp"

using namespace rmi_test;

namespace here {

std::uint64_t this_thread() {
  return std::hash<std::thread::id>()(std::this_thread::get_id());
}

struct Worker {
  std::uint64_t thread() { return this_thread(); }
  int next() { return ++last; }
  int fail(const std::string& why) { throw std::runtime_error(why); }
  /// Returns when two are here at once.
  int meet() {
    const int mine = ++came;
    while (came.load() < (mine + 1) / 2 * 2)
      std::this_thread::yield();
    return mine;
  }
  /// Returns when it is told to stop.
  void stay() {
    stayed = this_thread();
    while (!rmi::context().stop_token().stop_requested())
      std::this_thread::yield();
  }
  std::atomic<int> last{0};
  std::atomic<int> came{0};
  std::atomic<std::uint64_t> stayed{0};
};
RMI_INTERFACE(Worker, thread, next, fail, meet, stay)

struct Scene {
  rmi::EmbeddedBroker broker{quiet_broker()};
  std::optional<rmi::Daemon> daemon;
  std::optional<rmi::Bus> bus;
  std::shared_ptr<Worker> served = std::make_shared<Worker>();
  std::optional<rmi::Proxy<Worker>> worker;

  explicit Scene(bool concurrent = true, std::size_t threads = 2) {
    auto options = quiet_daemon(broker.endpoint());
    options.threads = threads;
    daemon.emplace(options);
    daemon->serve("worker", served, {.concurrent = concurrent});
    bus.emplace(quiet_bus(broker.endpoint()));
    worker.emplace(rmi::Proxy<Worker>(*bus, "worker").over(rmi::Path::in_process));
  }
  /// Until calls are left to the thread that waits for them.
  bool settle() {
    int in_a_row = 0;
    return eventually([&] {
      for (int i = 0; i < 20; ++i)
        in_a_row = worker->async()->thread().get() == this_thread() ? in_a_row + 1 : 0;
      return in_a_row >= 40;
    });
  }
};

}  // namespace here

using here::Scene;
using here::this_thread;

TEST_CASE("a thread that waits for the future of a quick method runs it itself") {
  Scene s(GENERATE(true, false));
  REQUIRE(s.settle());
  CHECK_THROWS_WITH(s.worker->async()->fail("no tea").get(), Catch::Matchers::Contains("no tea"));
  CHECK(s.settle());
}

TEST_CASE("many futures of calls in the process come in any order") {
  Scene s(GENERATE(true, false));
  REQUIRE(s.settle());
  for (int round = 0; round < 40; ++round) {
    std::vector<rmi::Future<int>> all;
    for (int i = 0; i < 64; ++i)
      all.push_back(s.worker->async()->next());
    int sum = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
      sum += all[round % 2 == 0 ? i : all.size() - 1 - i].get();
    CHECK(sum == 64 * (64 * round) + 64 * 65 / 2);
  }
}

TEST_CASE("what was left to a thread that does not come runs by itself") {
  Scene s(GENERATE(true, false));
  for (int round = 0; round < 5; ++round) {
    REQUIRE(s.settle());
    const int before = s.served->last;
    std::vector<rmi::Future<int>> all;
    for (int i = 0; i < 5; ++i)
      all.push_back(s.worker->async()->next());
    CHECK(eventually([&] { return s.served->last == before + 5; }));
    for (auto& one : all)
      one.get();
  }
}

TEST_CASE("what was left to a caller that goes another way runs, too") {
  Scene s(GENERATE(true, false));
  REQUIRE(s.settle());
  std::atomic<int> continued{0};
  auto then = s.worker->async()->next().then([&](int) { ++continued; });
  CHECK(eventually([&] { return continued == 1; }));
  REQUIRE(s.settle());
  const auto asked = s.worker->async()->next();
  CHECK(eventually([&] { return asked.ready(); }));
  REQUIRE(s.settle());
  std::vector<rmi::Future<int>> all;
  for (int i = 0; i < 3; ++i)
    all.push_back(s.worker->async()->next());
  CHECK(rmi::when_all(std::move(all)).get().size() == 3);
}

TEST_CASE("a method that is not quick after all does not keep others from running beside it") {
  Scene s;
  REQUIRE(s.settle());
  auto first = s.worker->async()->meet();
  auto second = s.worker->async()->meet();
  CHECK(first.get() + second.get() == 3);
}

TEST_CASE("a method on its caller's thread is told that the time is over, and so is the caller") {
  Scene s;
  CHECK(eventually([&] {
    if (!s.settle()) return false;
    CHECK_THROWS_AS(s.worker->with_timeout(20ms).async()->stay().get(), rmi::TimeoutError);
    return s.served->stayed == this_thread();
  }));
}

TEST_CASE("a thread that waits but for some time runs nothing, and is back in time") {
  Scene s;
  REQUIRE(s.settle());
  auto waits = s.worker->async()->meet();
  CHECK_FALSE(waits.wait_for(20ms));
  (*s.worker)->meet();
  CHECK(waits.get() == 1);
}

TEST_CASE("a call that comes over the broker does not wait for one that was left") {
  Scene s(false, 1);
  REQUIRE(s.settle());
  for (int i = 0; i < 20; ++i) {
    auto left = s.worker->async()->next();
    const rmi::Proxy<here::Worker> brokered(*s.bus, "worker");
    CHECK(brokered->next() == left.get() + 1);
  }
}

TEST_CASE("a future that is given up leaves the others alone") {
  Scene s(GENERATE(true, false));
  REQUIRE(s.settle());
  int cancelled = 0;
  for (int i = 0; i < 50; ++i) {
    auto given_up = s.worker->async()->next();
    auto kept = s.worker->async()->next();
    given_up.cancel();
    CHECK(kept.get() > 0);
    try {  // it may have ended before
      given_up.get();
    } catch (const rmi::Cancelled&) {
      ++cancelled;
    }
    { const auto dropped = s.worker->async()->next(); }
  }
  CHECK(cancelled > 0);
  const int done = s.served->last;
  CHECK(s.worker->async()->next().get() > done);
}

TEST_CASE("many threads wait for futures of one object") {
  Scene s(GENERATE(true, false));
  std::atomic<int> ended{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 6; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        if (t == 0) {
          s.worker->async()->next().then([&](int) { ++ended; }).get();
        } else if (t == 1) {
          (*s.worker)->next();
          ++ended;
        } else {
          std::array<rmi::Future<int>, 3> few{s.worker->async()->next(), s.worker->async()->next(),
                                              s.worker->async()->next()};
          for (auto& one : few)
            one.get();
          ++ended;
        }
      }
    });
  for (auto& caller : callers)
    caller.join();
  CHECK(ended == 6 * 300);
  CHECK(s.served->last == 300 + 300 + 4 * 300 * 3);
}

TEST_CASE("what was left ends when the daemon or the bus does") {
  const bool daemon_first = GENERATE(true, false);
  Scene s;
  REQUIRE(s.settle());
  std::vector<rmi::Future<int>> left;
  for (int i = 0; i < 5; ++i)
    left.push_back(s.worker->async()->next());
  if (daemon_first)
    s.daemon.reset();
  else
    s.bus.reset();
  int lost = 0;
  for (auto& one : left) {
    try {
      one.get();
    } catch (const rmi::ConnectionLost&) {
      ++lost;
    }
  }
  CHECK(lost + s.served->last >= 5);
  if (daemon_first) return;
  rmi::Bus other(quiet_bus(s.broker.endpoint()));
  const int before = s.served->last;
  CHECK(rmi::Proxy<here::Worker>(other, "worker")->next() > before);
}

TEST_CASE("a daemon whose methods run in process() leaves none to a caller") {
  Scene s(true, 0);
  std::atomic<bool> over{false};
  std::uint64_t loop = 0;
  std::thread processing([&] {
    loop = this_thread();
    while (!over)
      if (s.daemon->process() == 0) std::this_thread::yield();
  });
  std::vector<std::uint64_t> ran;
  for (int i = 0; i < 100; ++i)
    ran.push_back(s.worker->async()->thread().get());
  over = true;
  processing.join();
  CHECK(ran == std::vector<std::uint64_t>(100, loop));
}
