// The ways to an object: through the broker, straight to its daemon, within the process.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <optional>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"
#include "test/support/sanitized.hpp"

using namespace rmi_test;
using namespace model;

namespace paths {

/// Shows where it runs, and waits until it is opened or told to stop.
struct Gate {
  std::uint64_t thread() { return std::hash<std::thread::id>()(std::this_thread::get_id()); }
  bool hold() {
    ++held;
    std::unique_lock lock(mutex);
    const bool opened = changed.wait(lock, rmi::context().stop_token(), [&] { return open; });
    if (!opened) ++stopped;
    return opened;
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  std::mutex mutex;
  std::condition_variable_any changed;
  bool open = false;
  std::atomic<int> held{0};
  std::atomic<int> stopped{0};
};
RMI_INTERFACE(Gate, thread, hold)

}  // namespace paths

namespace {

struct Fixture {
  TempFolder folder;
  Log log;
  rmi::EmbeddedBroker broker{quiet_broker()};
  std::unique_ptr<rmi::Daemon> daemon;
  rmi::Bus bus{quiet_bus(broker.endpoint())};

  explicit Fixture(bool listens = true, const std::string& at = "tcp://127.0.0.1:*") {
    auto options = quiet_daemon(broker.endpoint());
    if (listens) options.listen = at;
    options.log = log.sink();
    daemon = std::make_unique<rmi::Daemon>(options);
    daemon->serve("counter", std::make_shared<Counter>());
    daemon->serve("bank", std::make_shared<Bank>());
    daemon->serve("feed", std::make_shared<Feed>(), {.concurrent = true});
  }
  rmi::Proxy<Counter> counter(rmi::Path path) {
    return rmi::Proxy<Counter>(bus, "counter").over(path);
  }
  std::uint64_t accepted() {
    return rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")->info().counters["accepted"];
  }
};

const rmi::Path every_path[] = {rmi::Path::brokered, rmi::Path::direct, rmi::Path::in_process,
                                rmi::Path::nearest};

}  // namespace

TEST_CASE("a call means the same on every path") {
  Fixture f(true, GENERATE(as<std::string>(), "tcp://127.0.0.1:*", "unix://*"));
  int sum = 0;
  for (const rmi::Path path : every_path) {
    auto counter = f.counter(path);
    CHECK(counter->add(2) == (sum += 2));
    CHECK(counter.async()->add(1).get() == (sum += 1));
    CHECK_THROWS_AS(counter->fail("no"), std::domain_error);
    counter->post(1);
    sum += 1;
    CHECK(eventually([&] { return counter->add(0) == sum; }));
    rmi::Batch<Counter> batch(counter);
    auto one = batch->add(5);
    batch.run();
    CHECK(one.get() == (sum += 5));
    CHECK_THROWS_AS(rmi::Proxy<Counter>(f.bus, "nobody").over(path)->add(1), rmi::NameNotFound);
  }
}

TEST_CASE("direct and in-process calls do not go through the broker") {
  TempFolder folder;
  const std::string at = GENERATE("ipc://", "tcp://127.0.0.1:*", "unix://*");
  Fixture f(true, at == "ipc://" ? at + folder.file("daemon") : at);
  f.counter(rmi::Path::direct)->add(0);
  const auto before = f.accepted();
  for (int i = 0; i < 10; ++i) {
    f.counter(rmi::Path::direct)->add(1);
    f.counter(rmi::Path::in_process)->add(1);
  }
  CHECK(f.accepted() == before);
  f.counter(rmi::Path::brokered)->add(1);
  CHECK(f.accepted() == before + 1);
}

namespace {

/// A gate in the process, called within it.
struct Gated {
  rmi::EmbeddedBroker broker{quiet_broker()};
  std::shared_ptr<paths::Gate> object = std::make_shared<paths::Gate>();
  std::optional<rmi::Daemon> daemon;
  std::optional<rmi::Bus> bus;
  std::optional<rmi::Proxy<paths::Gate>> gate;

  Gated() {
    auto options = quiet_daemon(broker.endpoint());
    options.grace = 1ms;
    daemon.emplace(options);
    daemon->serve("gate", object, {.concurrent = true});
    bus.emplace(quiet_bus(broker.endpoint()));
    gate.emplace(rmi::Proxy<paths::Gate>(*bus, "gate").over(rmi::Path::in_process));
  }
  rmi::Future<bool> hold(std::chrono::milliseconds timeout = patience) {
    const int before = object->held;
    auto held = gate->with_timeout(timeout).async()->hold();
    REQUIRE(eventually([&] { return object->held == before + 1; }));
    return held;
  }
};

}  // namespace

TEST_CASE("futures within the process take no broker, keep their order, copy their arguments") {
  Fixture f(false);
  std::vector<rmi::Future<int>> sums;  // begun before there is a session
  for (int i = 0; i < 500; ++i)
    sums.push_back(f.counter(rmi::Path::in_process).async()->add(1));
  for (int i = 0; i < 500; ++i)
    CHECK(sums[static_cast<std::size_t>(i)].get() == i + 1);
  const auto before = f.accepted();
  for (int i = 0; i < 10; ++i) {
    CHECK(f.counter(rmi::Path::in_process).async()->add(1).get() == 501 + i);
  }
  CHECK(f.accepted() == before);
  auto nobody = rmi::Proxy<Counter>(f.bus, "nobody").over(rmi::Path::in_process);
  CHECK_THROWS_AS(nobody.async()->add(1).get(), rmi::NameNotFound);
}

TEST_CASE("a future within the process does not run on the calling thread") {
  Gated g;
  const auto own = std::hash<std::thread::id>()(std::this_thread::get_id());
  for (int i = 0; i < 10; ++i)
    CHECK(g.gate->async()->thread().get() != own);
}

TEST_CASE("a future within the process is cancelled, and ends at its time") {
  Gated g;
  auto held = g.hold();
  held.cancel();
  CHECK_THROWS_AS(held.get(), rmi::Cancelled);
  CHECK(eventually([&] { return g.object->stopped == 1; }));
  auto late = g.hold(200ms);
  CHECK_THROWS_AS(late.get(), rmi::TimeoutError);
  CHECK(eventually([&] { return g.object->stopped == 2; }));
}

TEST_CASE("a future within the process ends with its daemon") {
  Gated g;
  auto held = g.hold();
  std::thread ending([&] { g.daemon.reset(); });
  CHECK_THROWS_AS(held.get(), rmi::ConnectionLost);
  g.object->let_go();
  ending.join();
}

TEST_CASE("a future within the process ends with its bus, and its method is asked to stop") {
  Gated g;
  auto held = g.hold();
  g.gate.reset();
  g.bus.reset();
  CHECK_THROWS_AS(held.get(), rmi::ConnectionLost);
  CHECK(eventually([&] { return g.object->stopped == 1; }));
}

TEST_CASE("references, callbacks and streams work over the direct path") {
  Fixture f(true, GENERATE(as<std::string>(), "tcp://127.0.0.1:*", "unix://*"));
  auto bank = rmi::Proxy<Bank>(f.bus, "bank").over(rmi::Path::direct);
  auto account = bank->open("direct");
  CHECK(account->deposit(3) == 3);
  CHECK(bank->call([](int n) { return n + 1; }, 41) == 42);
  auto feed = rmi::Proxy<Feed>(f.bus, "feed").over(rmi::Path::direct);
  int read = 0;
  for (const int n : feed->count(0, 100))
    CHECK(n == read++);
  CHECK(read == 100);
}

TEST_CASE("the first straight call of a bus waits for nobody that looks from time to time") {
  if (sanitized) return;        // where everything takes so long
  constexpr auto limit = 45ms;  // it looks every 50
  Fixture f;
  auto shortest = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 30 && shortest >= limit; ++i) {  // the machine may be busy
    rmi::Bus bus(quiet_bus(f.broker.endpoint()));
    const auto counter = rmi::Proxy<Counter>(bus, "counter").over(rmi::Path::direct);
    REQUIRE(bus.wait_connected(60s));
    const auto begun = std::chrono::steady_clock::now();
    counter->add(1);
    shortest = std::min(shortest, std::chrono::steady_clock::now() - begun);
  }
  CHECK(shortest < limit);
}

TEST_CASE("a daemon that does not listen is called through the broker") {
  Fixture f(false);
  CHECK(f.counter(rmi::Path::direct)->add(2) == 2);
  CHECK(f.daemon->direct_endpoint().empty());
}

TEST_CASE("when the daemon goes, another one that took its name is found") {
  Fixture f(true, GENERATE(as<std::string>(), "tcp://127.0.0.1:*", "unix://*"));
  CHECK(f.counter(rmi::Path::direct)->add(7) == 7);
  f.daemon.reset();
  rmi::Daemon next(quiet_daemon(f.broker.endpoint()));
  next.serve("counter", std::make_shared<Counter>());
  CHECK(f.counter(rmi::Path::direct)->add(1) == 1);
}

TEST_CASE("an rmi URI reaches a daemon that listens, with no broker in between") {
  Fixture f;
  const std::string uri = "rmi:counter@" + f.daemon->direct_endpoint();
  rmi::Bus lonely(quiet_bus(f.daemon->direct_endpoint()));
  CHECK(rmi::Proxy<Counter>(lonely, uri)->add(1) == 1);
  CHECK(rmi::Proxy<Counter>(f.bus, uri)->add(1) == 2);
  CHECK(rmi::AnyProxy(lonely, "counter").call<int>("add", 1) == 3);
  CHECK_THROWS_AS(rmi::Proxy<Counter>(lonely, "nobody")->add(1), rmi::NameNotFound);
}

TEST_CASE("a daemon listens only where this machine alone can reach it") {
  rmi::EmbeddedBroker broker(quiet_broker());
  auto options = quiet_daemon(broker.endpoint());
  options.listen = "tcp://0.0.0.0:*";
  CHECK_THROWS_AS(rmi::Daemon(options), std::invalid_argument);
}

TEST_CASE("daemons that have gone for good leave no threads at those who called them") {
  Fixture f(false);
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  const auto lane = GENERATE(false, true);
  auto options = quiet_daemon(f.broker.endpoint());
  options.listen = lane ? "unix://*" : "tcp://127.0.0.1:*";
  const auto counter = rmi::Proxy<Counter>(f.bus, "moving").over(rmi::Path::direct);
  const auto serve_once = [&] {
    rmi::Daemon daemon(options);
    daemon.serve("moving", std::make_shared<Counter>());
    CHECK(eventually([&] {
      try {
        const auto by_broker = f.accepted();
        counter->add(1);
        return f.accepted() == by_broker;  // it went straight
      } catch (const rmi::Error&) {
        return false;
      }
    }));
  };
  serve_once();
  CHECK_THROWS_AS(counter->add(1), rmi::NameNotFound);  // opens the broker's own lane to it
  const auto before = threads();
  // Each would leave three. A lane of the broker, which has five, may be ready only now.
  for (int i = 0; i < 3; ++i)
    serve_once();
  CHECK(eventually([&] {
    CHECK_THROWS_AS(counter->add(1), rmi::NameNotFound);
    return threads() <= before + 5;
  }));
}
