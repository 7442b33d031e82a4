// What a daemon does with objects and names: serve, refuse, replace, share, give back, drain.
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <optional>
#include <stdexcept>

#include "test/integration/fixture.hpp"

namespace post {
class Clerk {
 public:
  explicit Clerk(int clerk_number) : number(clerk_number) {}
  int who() const { return number; }
  int slow() {
    ++running;
    while (!open)
      std::this_thread::yield();
    return number;
  }
  int call_on();
  const int number;
  std::atomic<int> refused{0};
  std::atomic<int> running{0};
  std::atomic<bool> open{false};
};
RMI_INTERFACE(Clerk, who, slow, call_on)

/// Calls others, again and again, until the bus has ended, and then some.
int Clerk::call_on() {
  ++running;
  while (!open)
    std::this_thread::yield();
  const rmi::Proxy<Clerk> nobody(rmi::context().bus(), "nobody");
  while (refused < 20'000) {
    try {
      nobody.async()->who().get();
    } catch (const rmi::NotConnected&) {
      ++refused;
    } catch (const rmi::Error&) {  // nobody is there, or the call was under way
    }
  }
  return number;
}

class Chief : public Clerk {
 public:
  Chief() : Clerk(0) {}
};
}  // namespace post

using namespace rmi_test;
using post::Clerk;

namespace {
struct Office {
  rmi::EmbeddedBroker broker{quiet_broker()};
  rmi::Daemon daemon{quiet_daemon(broker.endpoint())};
  rmi::Bus bus{quiet_bus(broker.endpoint())};
  rmi::Proxy<rmi::Names> names{bus, "rmi.names"};
  int who(const std::string& name) { return rmi::Proxy<Clerk>(bus, name)->who(); }
};
}  // namespace

TEST_CASE("one daemon serves several objects, and several daemons live in one process") {
  Office office;
  rmi::Daemon second(quiet_daemon(office.broker.endpoint()));
  office.daemon.serve("a", std::make_shared<Clerk>(1));
  office.daemon.serve("b", std::make_shared<Clerk>(2));
  second.serve("c", std::make_shared<Clerk>(3));
  CHECK(office.who("a") == 1);
  CHECK(office.who("b") == 2);
  CHECK(office.who("c") == 3);
}

TEST_CASE("a daemon may end while it connects") {
  rmi::EmbeddedBroker broker(quiet_broker());
  for (int i = 0; i < 300; ++i) {
    const rmi::Daemon daemon(quiet_daemon(broker.endpoint()));
    if (i % 2 == 0) std::this_thread::yield();
  }
  SUCCEED("none of its threads used what was gone");
}

TEST_CASE("serve returns the URI to call the object by") {
  Office office;
  const auto uri = office.daemon.serve("a", std::make_shared<Clerk>(1));
  CHECK(uri.str() == "rminame:a@" + office.broker.endpoint());
  CHECK(rmi::Proxy<Clerk>(office.bus, uri.str())->who() == 1);
}

TEST_CASE("an object of a derived class is served by the interface of its base") {
  Office office;
  office.daemon.serve<Clerk>("chief", std::make_shared<post::Chief>());
  CHECK(office.who("chief") == 0);
}

TEST_CASE("bad names and objects are refused where they are served") {
  Office office;
  const auto clerk = std::make_shared<Clerk>(1);
  CHECK_THROWS_AS(office.daemon.serve("", clerk), std::invalid_argument);
  CHECK_THROWS_AS(office.daemon.serve("rmi.mine", clerk), std::invalid_argument);
  CHECK_THROWS_AS(office.daemon.serve("a\nb", clerk), std::invalid_argument);
  CHECK_THROWS_AS(office.daemon.serve("x", std::shared_ptr<Clerk>()), std::invalid_argument);
  office.daemon.serve("a", clerk);
  CHECK_THROWS_AS(office.daemon.serve("a", clerk), std::invalid_argument);
}

TEST_CASE("a taken name is refused with its owner, and can be taken over") {
  Office office;
  office.daemon.serve("a", std::make_shared<Clerk>(1));
  rmi::Daemon second(quiet_daemon(office.broker.endpoint()));
  try {
    second.serve("a", std::make_shared<Clerk>(2));
    FAIL("the name was given twice");
  } catch (const rmi::NameTaken& error) {
    CHECK(std::string(error.what()).find("'a'") != std::string::npos);
    CHECK(error.outcome() == rmi::Outcome::not_executed);
  }
  CHECK(office.who("a") == 1);
  second.serve("a", std::make_shared<Clerk>(2), {.mode = rmi::NameMode::replace});
  CHECK(office.who("a") == 2);
}

TEST_CASE("daemons that share a name get the calls of the less busy one") {
  Office office;
  rmi::Daemon second(quiet_daemon(office.broker.endpoint()));
  const auto first_clerk = std::make_shared<Clerk>(1);
  const auto second_clerk = std::make_shared<Clerk>(2);
  office.daemon.serve("a", first_clerk, {.mode = rmi::NameMode::shared});
  second.serve("a", second_clerk, {.mode = rmi::NameMode::shared});
  CHECK(office.names->list({.prefix = "a"}).size() == 2);
  std::thread one([&] { rmi::Proxy<Clerk>(office.bus, "a")->slow(); });
  std::thread two([&] { rmi::Proxy<Clerk>(office.bus, "a")->slow(); });
  CHECK(eventually([&] { return first_clerk->running == 1 && second_clerk->running == 1; }));
  first_clerk->open = true;
  second_clerk->open = true;
  one.join();
  two.join();
}

TEST_CASE("a name that was given back is draining until its running call is over, then gone") {
  Office office;
  const auto clerk = std::make_shared<Clerk>(1);
  office.daemon.serve("a", clerk);
  auto caller =
      std::async(std::launch::async, [&] { return rmi::Proxy<Clerk>(office.bus, "a")->slow(); });
  REQUIRE(eventually([&] { return clerk->running == 1; }));
  CHECK(office.daemon.unserve("a"));
  CHECK_FALSE(office.daemon.unserve("a"));
  const auto at_once = rmi::Proxy<Clerk>(office.bus, "a").no_wait();
  CHECK_THROWS_AS(at_once->who(), rmi::Draining);
  CHECK(office.names->count({.prefix = "a"}) == 0);
  clerk->open = true;
  CHECK(caller.get() == 1);
  CHECK_THROWS_AS(office.who("a"), rmi::NameNotFound);
  office.daemon.serve("a", std::make_shared<Clerk>(5));
  CHECK(office.who("a") == 5);
}

TEST_CASE("stop lets running calls end, gives the names back, and run returns") {
  Office office;
  const auto clerk = std::make_shared<Clerk>(1);
  std::optional<rmi::Daemon> daemon(std::in_place, quiet_daemon(office.broker.endpoint()));
  daemon->serve("a", clerk);
  std::thread runner([&] { daemon->run(); });
  auto caller =
      std::async(std::launch::async, [&] { return rmi::Proxy<Clerk>(office.bus, "a")->slow(); });
  REQUIRE(eventually([&] { return clerk->running == 1; }));
  daemon->stop();
  REQUIRE(eventually([&] { return office.names->count({.prefix = "a"}) == 0; }));
  clerk->open = true;
  CHECK(caller.get() == 1);
  runner.join();
}

TEST_CASE("tags given at serving are found by the name server") {
  Office office;
  office.daemon.serve("a", std::make_shared<Clerk>(1), {.tags = {"blue", "fast"}});
  CHECK(office.names->tags("a") == std::set<std::string>{"blue", "fast", "interface:post::Clerk"});
  CHECK(office.names->list({.tags = {"fast"}}).size() == 1);
  CHECK(office.names->list({.tags = {"slow"}}).empty());
  const auto entry = office.names->lookup("a");
  CHECK(entry.interface == "post::Clerk");
  CHECK(entry.lease_ms > 0);
}

TEST_CASE("more waiting calls than the daemon's limit are refused as overloaded") {
  Office office;
  auto options = quiet_daemon(office.broker.endpoint());
  options.max_waiting = 2;
  rmi::Daemon small(std::move(options));
  const auto clerk = std::make_shared<Clerk>(1);
  small.serve("small", clerk);
  rmi::Proxy<Clerk> proxy(office.bus, "small");
  std::atomic<int> overloaded{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i)
    callers.emplace_back([&] {
      try {
        proxy->slow();
      } catch (const rmi::Overloaded& error) {
        if (std::string(error.what()).find("max_waiting") != std::string::npos) ++overloaded;
      }
    });
  CHECK(eventually([&] { return overloaded == 3; }));
  clerk->open = true;
  for (auto& caller : callers)
    caller.join();
  CHECK(overloaded == 3);
}

TEST_CASE("a daemon says which calls outlived its grace time") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  Log log;
  auto options = quiet_daemon(broker.endpoint());
  options.grace = 1ms;
  options.log = log.sink();
  std::optional<rmi::Daemon> daemon(options);
  const auto clerk = std::make_shared<Clerk>(1);
  daemon->serve("clerk", clerk);
  auto slow = rmi::Proxy<Clerk>(bus, "clerk").async()->slow();
  REQUIRE(eventually([&] { return clerk->running == 1; }));
  std::thread leaving([&] { daemon.reset(); });
  CHECK(eventually([&] { return log.has("the grace time of 1 ms is over"); }));
  CHECK(log.has("0 calls waiting, 1 running: clerk.slow of "));
  clerk->open = true;
  leaving.join();
}

TEST_CASE("a sign of life and the signatures do not wait for a method that runs") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  auto options = quiet_daemon(broker.endpoint());
  options.threads = 1;
  options.listen = "tcp://127.0.0.1:*";
  rmi::Daemon daemon(options);
  const auto clerk = std::make_shared<Clerk>(1);
  daemon.serve("clerk", clerk);
  auto slow = rmi::Proxy<Clerk>(bus, "clerk").async()->slow();
  REQUIRE(eventually([&] { return clerk->running == 1; }));
  auto waits = rmi::Proxy<Clerk>(bus, "clerk").async()->who();
  for (const auto path : {rmi::Path::brokered, rmi::Path::direct, rmi::Path::in_process}) {
    const auto any = rmi::AnyProxy(bus, "clerk").over(path);
    CHECK_NOTHROW(any.ping());
    CHECK(any.schema().methods.size() == 3);
  }
  CHECK_FALSE(waits.ready());
  clerk->open = true;
  CHECK(slow.get() == 1);
  CHECK(waits.get() == 1);
}

TEST_CASE("a method that outlives its daemon's grace time may still call, and is refused") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  auto options = quiet_daemon(broker.endpoint());
  options.grace = 1ms;
  std::optional<rmi::Daemon> daemon(options);
  const auto clerk = std::make_shared<Clerk>(1);
  daemon->serve("clerk", clerk);
  auto last = rmi::Proxy<Clerk>(bus, "clerk").async()->call_on();
  REQUIRE(eventually([&] { return clerk->running == 1; }));
  clerk->open = true;
  daemon.reset();
  CHECK(clerk->refused == 20'000);
  CHECK_THROWS_AS(last.get(), rmi::ConnectionLost);
}
