// Several services under one name.
#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

namespace {

/// A broker and workers that share the name `work`.
struct Crew {
  explicit Crew(Way way, int many, std::vector<std::string> words = {"--shared", "work"})
      : broker(way), bus(quiet_bus(broker.endpoint())) {
    for (int i = 0; i < many; ++i)
      services.push_back(std::make_unique<ServiceProcess>(broker.endpoint(), words));
  }
  rmi::Proxy<Record> record_of(ServiceProcess& service) {
    return {bus, "work.record." + std::to_string(service.process().pid())};
  }
  std::int64_t count(const std::string& key) {
    std::int64_t sum = 0;
    for (const auto& service : services)
      sum += record_of(*service)->count(key);
    return sum;
  }
  BrokerProcess broker;
  std::vector<std::unique_ptr<ServiceProcess>> services;
  rmi::Bus bus;
  rmi::Proxy<Worker> work{bus, "work"};
};

Way brokered() {
  return GENERATE(Way::tcp, Way::ipc);
}

}  // namespace

TEST_CASE("A151 several services share a name; each is listed, all get calls", "[replicas]") {
  Crew crew(brokered(), 3);
  const rmi::Proxy<rmi::Names> names(crew.bus, "rmi.names");
  rmi::NameFilter filter;
  filter.regex = "work";
  CHECK(names->list(filter).size() == 3);
  std::set<std::int64_t> pids;
  for (int i = 0; i < 30; ++i)
    pids.insert(crew.work->pid());
  CHECK(pids.size() == 3);
}

TEST_CASE("A152 the least busy one gets the call", "[replicas]") {
  Crew crew(brokered(), 3);
  std::vector<rmi::Future<bool>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(crew.work.async()->hold("gate"));
    REQUIRE(eventually([&] { return crew.count("hold.begun") == i + 1; }));
  }
  for (const auto& service : crew.services)
    CHECK(crew.record_of(*service)->count("hold.begun") == 1);
  auto& free = *crew.services[1];
  crew.record_of(free)->open("gate");
  // Its answer has come, so that the broker knows as well.
  const auto answered = [](const rmi::Future<bool>& answer) { return answer.ready(); };
  REQUIRE(eventually([&] { return std::any_of(held.begin(), held.end(), answered); }));
  for (int i = 0; i < 10; ++i)
    CHECK(crew.work->pid() == crew.services[1]->process().pid());
  for (const auto& service : crew.services)
    crew.record_of(*service)->open("gate");
  for (auto& answer : held)
    CHECK(answer.get());
}

TEST_CASE("A153 a sticky proxy stays with one of them; without it goes elsewhere when that dies",
          "[replicas]") {
  Crew crew(brokered(), 3);
  const auto sticky = crew.work.sticky();
  const auto pid = sticky->pid();
  std::set<std::int64_t> others;
  for (int i = 0; i < 20; ++i) {
    CHECK(sticky->pid() == pid);
    others.insert(crew.work->pid());
  }
  CHECK(others.size() > 1);
  for (const auto& service : crew.services)
    if (service->process().pid() == pid) service->process().kill();
  std::int64_t next = pid;
  CHECK(eventually([&] {
    try {
      next = sticky->pid();
    } catch (const rmi::ConnectionLost&) {
      return false;
    }
    return next != pid;
  }));
  CHECK(sticky->pid() == next);
}

TEST_CASE("A154 a name can be sticky for all its callers", "[replicas]") {
  Crew crew(brokered(), 2, {"--shared", "work", "--sticky"});
  const auto pid = crew.work->pid();
  for (int i = 0; i < 10; ++i)
    CHECK(crew.work->pid() == pid);
  std::set<std::int64_t> pids;
  for (int i = 0; i < 20; ++i) {
    rmi::Bus other(quiet_bus(crew.broker.endpoint()));
    pids.insert(rmi::Proxy<Worker>(other, "work")->pid());
  }
  CHECK(pids.size() == 2);
}

TEST_CASE("A155 one that leaves loses no call: it ends what it has, others get the rest",
          "[replicas]") {
  Crew crew(brokered(), 3);
  std::vector<rmi::Future<int>> sums;
  for (int i = 0; i < 300; ++i) {
    sums.push_back(crew.work.async()->pause(1));
    if (i == 100) crew.services[0]->process().send(SIGTERM);
  }
  std::map<std::string, int> ends;
  for (auto& sum : sums)
    ++ends[caught([&] { sum.get(); })];
  for (const auto& [end, many] : ends) {
    CAPTURE(end, many);
    CHECK(end == "(nothing)");
  }
  CHECK(crew.services[0]->process().wait() == 0);
  CHECK(crew.work->add(1) == 1);
}

TEST_CASE("A156 one that dies loses only what it was running, and says so at once", "[replicas]") {
  Crew crew(brokered(), 2);
  std::vector<rmi::Future<bool>> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(crew.work.async()->hold("gate"));
    REQUIRE(eventually([&] { return crew.count("hold.begun") == i + 1; }));
  }
  crew.services[0]->process().kill();
  crew.record_of(*crew.services[1])->open("gate");
  int lost = 0;
  int good = 0;
  for (auto& answer : held) {
    try {
      if (answer.get()) ++good;
    } catch (const rmi::ConnectionLost& error) {
      CHECK(error.outcome() == rmi::Outcome::unknown);
      ++lost;
    }
  }
  CHECK(lost == 1);
  CHECK(good == 1);
  for (int i = 0; i < 5; ++i)
    CHECK(crew.work->pid() == crew.services[1]->process().pid());
}

TEST_CASE("A157 a name that is not shared is not joined, nor the other way round", "[replicas]") {
  Crew crew(brokered(), 1);
  rmi::Daemon daemon(quiet_daemon(crew.broker.endpoint()));
  CHECK_THROWS_AS(daemon.serve("work", std::make_shared<Safe>()), rmi::NameTaken);
  daemon.serve("mine", std::make_shared<Safe>());
  rmi::Daemon other(quiet_daemon(crew.broker.endpoint()));
  CHECK_THROWS_AS(other.serve("mine", std::make_shared<Safe>(), {.mode = rmi::NameMode::shared}),
                  rmi::NameTaken);
}
