// Calls over the local lane: who runs them, and what a slow one keeps waiting.
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "test/integration/fixture.hpp"
#include "test/integration/held.hpp"

using namespace rmi_test;

namespace lanes {

/// Quick methods, and one that lasts until it is let go.
struct Desk : Held {
  int add(int n) { return sum += n; }
  std::string echo(const std::string& text) { return text; }
  std::uint64_t thread() { return std::hash<std::thread::id>()(std::this_thread::get_id()); }
  void note(int n) { noted += n; }
  bool hold() { return wait_until_let_go(); }
  int through(int depth) { return depth == 0 ? 0 : 1 + again(depth - 1); }
  std::function<int(int)> again;  ///< calls through(), straight
  std::atomic<int> sum{0};
  std::atomic<int> noted{0};
};
RMI_INTERFACE(Desk, add, echo, thread, (note, rmi::oneway), hold, through)

/// One for each session.
struct Basket {
  Basket() { ++alive; }
  ~Basket() { --alive; }
  Basket(const Basket&) = delete;
  Basket& operator=(const Basket&) = delete;
  int put(int n) { return sum += n; }
  int sum = 0;
  static inline std::atomic<int> alive{0};
};
RMI_INTERFACE(Basket, put)

}  // namespace lanes

namespace {

using lanes::Desk;

/// A desk behind each of the ways to listen.
struct Office {
  rmi::EmbeddedBroker broker{quiet_broker()};
  std::shared_ptr<Desk> object = std::make_shared<Desk>();
  std::optional<rmi::Daemon> daemon;
  std::optional<rmi::Bus> bus;
  std::optional<rmi::Proxy<Desk>> desk;

  explicit Office(bool concurrent = true, std::size_t threads = 4) {
    auto options = quiet_daemon(broker.endpoint());
    options.listen = GENERATE("unix://*", "tcp://127.0.0.1:*");
    options.threads = threads;
    options.max_waiting = 30'000;  // oneways are refused beyond it, and their caller is not told
    options.grace = 1ms;
    daemon.emplace(options);
    daemon->serve("desk", object, {.concurrent = concurrent});
    bus.emplace(quiet_bus(broker.endpoint()));
    desk.emplace(rmi::Proxy<Desk>(*bus, "desk").over(rmi::Path::direct));
    object->again = [this](int depth) { return (*desk)->through(depth); };
    REQUIRE(desk->operator->()->add(0) == 0);
  }
  rmi::Future<bool> hold() {
    const int before = object->held;
    auto held = desk->async()->hold();
    REQUIRE(eventually([&] { return object->held == before + 1; }));
    return held;
  }
  void be_quick(int calls = 300) {
    for (int i = 0; i < calls; ++i)
      (*desk)->add(0);
  }
};

}  // namespace

TEST_CASE("quick calls that are made straight run on the thread that receives them") {
  Office office(true, 1);
  std::set<std::uint64_t> workers;
  std::vector<rmi::Future<std::uint64_t>> brokered;
  for (int i = 0; i < 2000; ++i)
    brokered.push_back(office.desk->over(rmi::Path::brokered).async()->thread());
  for (auto& thread : brokered)
    workers.insert(thread.get());
  CHECK(eventually([&] { return !workers.contains((*office.desk)->thread()); }));
}

TEST_CASE("a call that takes long keeps no other waiting") {
  Office office;
  office.be_quick();
  auto held = office.hold();
  auto held_too = office.hold();  // the other one that could receive
  for (int i = 0; i < 300; ++i)
    CHECK((*office.desk)->add(1) == i + 1);
  CHECK_FALSE(held.ready());
  office.object->let_go();
  CHECK(held.get());
  CHECK(held_too.get());
  office.be_quick();
}

TEST_CASE("calls that were received behind one that takes long are answered all the same") {
  Office office;
  office.be_quick();
  std::vector<rmi::Future<int>> sums;
  auto held = office.desk->async()->hold();
  for (int i = 0; i < 200; ++i)
    sums.push_back(office.desk->async()->add(1));
  int all = 0;
  for (auto& sum : sums)
    all += sum.get();
  CHECK(all == 200 * 201 / 2);
  office.object->let_go();
  CHECK(held.get());
}

TEST_CASE("calls of one object keep the order in which one thread makes them") {
  Office office(false);
  for (int round = 0; round < 20; ++round) {
    const int before = office.object->sum;
    std::vector<rmi::Future<int>> sums;
    for (int i = 0; i < 50; ++i)
      sums.push_back(office.desk->async()->add(1));
    for (int i = 0; i < 50; ++i)
      CHECK(sums[static_cast<std::size_t>(i)].get() == before + i + 1);
  }
}

TEST_CASE("a method that calls its own object straight, again and again, gets its answer") {
  Office office(true, 2);
  office.be_quick();
  for (int depth = 1; depth <= 8; ++depth)
    CHECK((*office.desk)->through(depth) == depth);
}

TEST_CASE("an instance goes with its session, also when the call that made it had to wait") {
  Office office(true, 1);
  office.daemon->serve("basket", rmi::per_session<lanes::Basket>());
  auto held = office.hold();  // on the one thread
  std::optional<rmi::Bus> visitor(quiet_bus(office.broker.endpoint()));
  const auto basket = rmi::Proxy<lanes::Basket>(*visitor, "basket").over(rmi::Path::direct);
  auto put = basket.async()->put(3);
  basket.ping();  // which waits for no thread: so the one before it is there, and does
  CHECK(lanes::Basket::alive == 0);
  office.object->let_go();
  CHECK(held.get());
  CHECK(put.get() == 3);
  CHECK(lanes::Basket::alive == 1);
  visitor.reset();
  CHECK(eventually([] { return lanes::Basket::alive == 0; }));
}

TEST_CASE("oneways and large messages go straight") {
  Office office;
  for (int i = 0; i < 20'000; ++i)
    (*office.desk)->note(1);
  CHECK(eventually([&] { return office.object->noted == 20'000; }));
  for (const std::size_t size : {std::size_t{1}, std::size_t{70'000}, std::size_t{20} << 20U}) {
    const std::string text(size, 'x');
    CHECK((*office.desk)->echo(text) == text);
  }
  std::vector<rmi::Future<std::string>> echoes;
  const std::string text(std::size_t{1} << 20U, 'y');
  for (int i = 0; i < 16; ++i)
    echoes.push_back(office.desk->async()->echo(text));
  for (auto& echo : echoes)
    CHECK(echo.get() == text);
}

TEST_CASE("many threads and many buses call straight at once") {
  Office office;
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&, shared = i % 2 == 0] {
      std::optional<rmi::Bus> own;
      if (!shared) own.emplace(quiet_bus(office.broker.endpoint()));
      const auto desk = rmi::Proxy<Desk>(own ? *own : *office.bus, "desk").over(rmi::Path::direct);
      for (int n = 0; n < 500; ++n)
        if (desk->echo(std::to_string(n)) == std::to_string(n)) ++right;
    });
  for (auto& caller : callers)
    caller.join();
  CHECK(right == 8 * 500);
}

TEST_CASE("a call straight to a daemon ends with its time, its future, or its daemon") {
  Office office;
  office.be_quick();
  CHECK_THROWS_AS(office.desk->with_timeout(100ms)->hold(), rmi::TimeoutError);
  CHECK(eventually([&] { return office.object->left == 1; }));  // it was asked to stop
  auto cancelled = office.hold();
  cancelled.cancel();
  CHECK_THROWS_AS(cancelled.get(), rmi::Cancelled);
  CHECK(eventually([&] { return office.object->left == 2; }));
  auto held = office.hold();
  std::thread ending([&] { office.daemon.reset(); });
  CHECK_THROWS_AS(held.get(), rmi::Error);
  office.object->let_go();
  ending.join();
  CHECK_THROWS_AS((*office.desk)->add(1), rmi::NameNotFound);
}

TEST_CASE("a daemon without threads of its own runs straight calls in process() alone") {
  rmi::EmbeddedBroker broker(quiet_broker());
  auto options = quiet_daemon(broker.endpoint());
  options.listen = GENERATE("unix://*", "tcp://127.0.0.1:*");
  options.threads = 0;
  rmi::Daemon daemon(options);
  daemon.serve("desk", std::make_shared<Desk>());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  const auto own = std::hash<std::thread::id>()(std::this_thread::get_id());
  for (int i = 0; i < 20; ++i) {
    auto thread = rmi::Proxy<Desk>(bus, "desk").over(rmi::Path::direct).async()->thread();
    CHECK(eventually([&] {
      daemon.process();
      return thread.ready();
    }));
    CHECK(thread.get() == own);
  }
}

TEST_CASE("a bus without threads of its own waits for no daemon that it could call straight") {
  rmi::EmbeddedBroker broker(quiet_broker());
  auto options = quiet_daemon(broker.endpoint());
  const bool lane = GENERATE(true, false);
  options.listen = lane ? "unix://*" : "tcp://127.0.0.1:*";
  rmi::Daemon daemon(options);
  daemon.serve("desk", std::make_shared<Desk>());
  auto looped = quiet_bus(broker.endpoint());
  looped.threads = 0;
  looped.path = rmi::Path::direct;
  rmi::Bus bus(looped);
  const auto accepted = [&] {
    return rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")->info().counters["accepted"];
  };
  const auto before = accepted();
  CHECK(rmi::Proxy<Desk>(bus, "desk").with_timeout(1s)->add(1) == 1);
  CHECK(accepted() == before + 1);
  if (lane) return;  // which no URI names
  const rmi::Proxy<Desk> named(bus, "rmi:desk@" + daemon.direct_endpoint());
  CHECK(named.with_timeout(1s)->add(1) == 2);
  CHECK(accepted() == before + 1);
}

TEST_CASE("the nearest path takes the lane, and the broker where there is none") {
  rmi::EmbeddedBroker broker(quiet_broker());
  auto options = quiet_daemon(broker.endpoint());
  const bool listens = GENERATE(true, false);
  if (listens) options.listen = "unix://*";
  rmi::Daemon daemon(options);
  daemon.serve("desk", std::make_shared<Desk>());
  CHECK(daemon.direct_endpoint().starts_with("unix:///") == listens);
  auto near = quiet_bus(broker.endpoint());
  near.path = rmi::Path::nearest;
  rmi::Bus bus(near);
  const auto accepted = [&] {
    return rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")->info().counters["accepted"];
  };
  rmi::Proxy<Desk> desk(bus, "desk");
  desk.over(rmi::Path::direct)->add(1);
  const auto before = accepted();
  for (int i = 0; i < 10; ++i)
    desk.over(rmi::Path::direct)->add(1);
  CHECK(accepted() - before == (listens ? 0U : 10U));
  CHECK(desk->add(0) == 11);
}
