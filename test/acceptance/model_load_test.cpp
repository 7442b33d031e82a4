// Many callers, threads and calls at once, and objects that take one call at a time or many.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using namespace model;
using std::chrono::steady_clock;

TEST_CASE("A145 twenty threads share one proxy and one connection", "[threads]") {
  Stage stage(each_transport());
  const rmi::Proxy<rmi::BrokerControl> broker(stage.bus, "rmi.broker");
  const auto parallel = stage.proxy<Worker>("parallel");
  parallel->add(0);
  const auto before = broker->info();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        if (parallel->add(1) > 0) ++good;
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(good == 2000);
  CHECK(parallel->add(0) == 2000);
  const auto after = broker->info();
  CHECK(after.counters.at("sessions") == before.counters.at("sessions"));
  CHECK(after.sessions == before.sessions);
}

TEST_CASE("A146 six parallel calls of half a second take about half a second, if it is concurrent",
          "[threads]") {
  Stage stage(each_way());
  const auto worker = stage.proxy<Worker>("parallel");
  worker->add(0);
  const auto begin = steady_clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] { worker->pause(500); });
  for (auto& thread : threads)
    thread.join();
  const auto took = steady_clock::now() - begin;
  CHECK(stage.count("overlap") == 6);
  CHECK(took >= 500ms);
  CHECK(took < std::max<steady_clock::duration>(1500ms, patience() / 20));
}

TEST_CASE("A147 six parallel calls of half a second take three, if it takes one at a time",
          "[threads]") {
  Stage stage(each_way());
  const auto worker = stage.proxy<Worker>("serial");
  const auto begin = steady_clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] { worker->pause(500); });
  for (auto& thread : threads)
    thread.join();
  CHECK(stage.count("overlap") == 1);
  CHECK(steady_clock::now() - begin >= 3s);
}

TEST_CASE("A148 an object that is busy holds up no other object", "[threads]") {
  Stage stage(each_transport());
  const auto serial = stage.proxy<Worker>("serial");
  std::vector<rmi::Future<bool>> held;
  for (int i = 0; i < 50; ++i)  // far more than the service has threads
    held.push_back(serial.async()->hold("gate"));
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  CHECK(stage.proxy<Echo>("echo")->text("x") == "x");
  stage.record()->open("gate");
  for (auto& answer : held)
    CHECK(answer.get());
  CHECK(stage.count("hold.begun") == 50);
}

TEST_CASE("A149 two hundred clients at once are all served", "[clients]") {
  Stage stage(each_transport());
  std::vector<std::unique_ptr<rmi::Bus>> clients;
  for (int i = 0; i < 200; ++i)
    clients.push_back(std::make_unique<rmi::Bus>(stage.another_bus()));
  std::vector<rmi::Future<int>> sums;
  for (const auto& client : clients)
    sums.push_back(rmi::Proxy<Worker>(*client, "parallel").async()->add(1));
  for (auto& sum : sums)
    CHECK(sum.get() > 0);
  CHECK(stage.proxy<Worker>("parallel")->add(0) == 200);
  const rmi::Proxy<rmi::BrokerControl> broker(stage.bus, "rmi.broker");
  CHECK(broker->info().sessions >= 201);
  std::vector<rmi::Future<int>> later;
  for (const auto& client : clients)  // all are still there, and get what each gets
    later.push_back(rmi::Proxy<Worker>(*client, "parallel").async()->later());
  REQUIRE(eventually([&] { return stage.count("later.begun") == 200; }));
  CHECK(stage.proxy<Worker>("parallel")->release(7) == 200);
  for (auto& answer : later)
    CHECK(answer.get() == 7);
}

TEST_CASE("A150 clients come and go, and nothing of them stays at the broker", "[clients]") {
  Stage stage(each_transport());
  const rmi::Proxy<rmi::BrokerControl> broker(stage.bus, "rmi.broker");
  const auto before = broker->info().sessions;
  for (int i = 0; i < 30; ++i) {
    rmi::Bus client(stage.another_bus());
    rmi::Proxy<Worker>(client, "parallel")->add(1);
  }
  CHECK(eventually([&] { return broker->info().sessions == before; }));
  CHECK(broker->info().in_flight == 0);
}
