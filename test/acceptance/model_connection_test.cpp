// Connecting, losing the broker or the service, and event loops of one's own.
#include <poll.h>

#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

TEST_CASE("A158 callers and services find a restarted broker by themselves", "[reconnect]") {
  Stage stage(GENERATE(Way::tcp, Way::ipc));
  const auto echo = stage.proxy<Echo>("echo");
  CHECK(echo->text("before") == "before");
  const rmi::Proxy<rmi::BrokerControl> control(stage.bus, "rmi.broker");
  const auto epoch = control->info().epoch;
  stage.broker.restart();
  CHECK(eventually([&] {
    try {
      return control->info().epoch != epoch;
    } catch (const rmi::ConnectionLost&) {  // the former broker's end was not noticed yet
      return false;
    }
  }));
  CHECK(echo.waiting()->text("after") == "after");
  CHECK(stage.proxy<Safe>("safe").waiting()->listed() == 1);
}

TEST_CASE("A159 a call that the broker had when it died is lost, and says so at once",
          "[reconnect]") {
  Stage stage(GENERATE(Way::tcp, Way::ipc));
  auto held = stage.proxy<Worker>("parallel").async()->hold("never");
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  stage.broker.process().kill();
  try {
    held.get();
    FAIL("an exception was expected");
  } catch (const rmi::ConnectionLost& error) {
    CHECK(error.outcome() == rmi::Outcome::unknown);
  }
  stage.broker.restart();
  // It runs on nowhere: nobody waits for it any more.
  CHECK(eventually([&] { return stage.record().waiting()->count("hold.stopped") == 1; }));
}

TEST_CASE("A160 start in any order: a call waits for the broker, and for the service",
          "[reconnect]") {
  BrokerProcess broker;
  const std::string endpoint = broker.endpoint();
  broker.process().kill();
  rmi::Bus bus(quiet_bus(endpoint));
  auto text = rmi::Proxy<Safe>(bus, "safe").waiting().async()->listed();
  CHECK_FALSE(text.ready());
  rmi::Daemon daemon(quiet_daemon(endpoint));
  std::thread serving([&] { daemon.serve("safe", std::make_shared<Safe>()); });
  broker.restart();
  serving.join();
  CHECK(text.get() == 1);
}

TEST_CASE("A161 a service that comes back under its name is called by the same proxy",
          "[reconnect]") {
  Stage stage(each_transport());
  const auto echo = stage.proxy<Echo>("echo");
  CHECK(echo->text("a") == "a");
  stage.service->process().kill();
  CHECK(eventually([&] {
    rmi::NameFilter filter;
    filter.prefix = "echo";
    return stage.proxy<rmi::Names>("rmi.names")->count(filter) == 0;
  }));
  ServiceProcess second(stage.endpoint());
  // Over a connection of its own the caller may hear later than the broker that the service is
  // gone: then it may have taken one more call with it.
  const auto answer = [&] {
    try {
      return echo.waiting()->text("b");
    } catch (const rmi::ConnectionLost& lost) {
      if (!stage.direct() || lost.outcome() != rmi::Outcome::unknown) throw;
      return echo.waiting()->text("b");
    }
  }();
  CHECK(answer == "b");
}

TEST_CASE("A166 a service that stands still is found out by its direct callers", "[reconnect]") {
  Stage stage(GENERATE(Way::direct, Way::lane));
  auto options = stage.another_bus();
  options.heartbeat = 600ms;
  rmi::Bus bus(options);
  const rmi::Proxy<Echo> echo(bus, "echo");
  CHECK(echo->text("a") == "a");
  auto& service = stage.service->process();
  service.send(SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  try {
    const auto answer = echo->text("b");
    FAIL("a service that stands still answered " << answer);
  } catch (const rmi::ConnectionLost& lost) {
    CHECK(lost.outcome() == rmi::Outcome::unknown);
    CHECK(std::string(lost.what()).find("the connection to the daemon at") == 0);
  }
  CHECK(std::chrono::steady_clock::now() - begin < patience() / 2);
  service.send(SIGCONT);
  CHECK(eventually([&] {
    try {
      return echo->text("c") == "c";
    } catch (const rmi::Error&) {
      return false;
    }
  }));
}

TEST_CASE(
    "A162 a service told to stop ends what it runs, refuses the rest, and gives its names back",
    "[drain]") {
  Stage stage(each_transport());
  auto held = stage.proxy<Worker>("parallel").async()->hold("gate");
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  auto opened = stage.proxy<Worker>("serial").async()->pause(300);
  REQUIRE(eventually([&] { return stage.count("overlap") == 1; }));
  stage.record()->open("gate");
  stage.service->process().send(SIGTERM);
  CHECK(held.get());
  CHECK(opened.get() == 300);
  CHECK(stage.service->process().wait() == 0);
  CHECK_THROWS_AS(stage.proxy<Echo>("echo")->text("x"), rmi::NameNotFound);
}

TEST_CASE("A163 a daemon without threads runs its methods in a poll loop", "[loop]") {
  BrokerProcess broker(GENERATE(Way::tcp, Way::ipc));
  auto options = quiet_daemon(broker.endpoint());
  options.threads = 0;
  rmi::Daemon daemon(options);
  const auto instance = std::make_shared<Instance>();
  daemon.serve("looped", instance);
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  auto first = rmi::Proxy<Instance>(bus, "looped").async()->next();
  CHECK_FALSE(first.wait_for(50ms));  // nobody has called process()
  std::vector<rmi::Future<int>> more;
  for (int i = 0; i < 100; ++i)
    more.push_back(rmi::Proxy<Instance>(bus, "looped").async()->next());
  pollfd watched{daemon.fd(), POLLIN, 0};
  while (instance->calls() != 101) {
    REQUIRE(::poll(&watched, 1, static_cast<int>(patience().count())) == 1);
    daemon.process();
  }
  CHECK(first.get() == 1);
  CHECK(more.back().get() == 101);
}

TEST_CASE("A164 a bus without threads runs its continuations and callbacks in a poll loop",
          "[loop]") {
  Stage stage(each_way());
  auto options = stage.another_bus();
  options.threads = 0;
  rmi::Bus bus(options);
  const auto here = std::this_thread::get_id();
  std::thread::id continued;
  std::thread::id called;
  auto done = rmi::Proxy<Node>(bus, "node.a")
                  .async()
                  ->call(
                      [&](int n) {
                        called = std::this_thread::get_id();
                        return n + 1;
                      },
                      41)
                  .then([&](int n) {
                    continued = std::this_thread::get_id();
                    return n;
                  });
  pollfd watched{bus.fd(), POLLIN, 0};
  while (!done.ready()) {
    REQUIRE(::poll(&watched, 1, static_cast<int>(patience().count())) == 1);
    bus.process();
  }
  CHECK(done.get() == 42);
  CHECK(called == here);
  CHECK(continued == here);
  CHECK_THROWS_AS(stage.bus.fd(), std::logic_error);
}

TEST_CASE("A165 no broker at all: a call ends by its time and says where it tried", "[reconnect]") {
  rmi::Bus bus(quiet_bus("tcp://127.0.0.1:9"));
  const auto text = caught<rmi::NotConnected>(
      [&] { rmi::Proxy<Safe>(bus, "safe").with_timeout(300ms)->listed(); });
  CHECK(has(text, "tcp://127.0.0.1:9"));
}
