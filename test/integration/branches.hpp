// A branch in each lane of a broker, for tests of lanes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bus/broker_lanes.hpp"
#include "test/integration/fixture.hpp"
#include "test/integration/held.hpp"

namespace branches {
using namespace rmi_test;

struct Branch : Held {
  int add(int n) {
    const std::lock_guard lock(mutex);
    order.push_back(n);
    return sum += n;
  }
  std::uint32_t caller() { return rmi::context().session(); }
  void note(int n) { noted += n; }
  bool hold() { return wait_until_let_go(); }
  /// What was added, in order.
  std::vector<int> added() {
    const std::lock_guard lock(mutex);
    return order;
  }
  std::vector<int> order;
  int sum = 0;
  std::atomic<int> noted{0};
};
RMI_INTERFACE(Branch, add, caller, (note, rmi::oneway), hold)

/// One for each session.
struct Basket {
  int put(int n) { return sum += n; }
  int sum = 0;
};
RMI_INTERFACE(Basket, put)

inline constexpr std::uint32_t lanes = 3;

/// The n-th name whose calls that lane carries.
inline std::string name_in(std::uint32_t lane, int n = 0) {
  for (int i = 0;; ++i)
    if (auto name = "branch" + std::to_string(i); rmi::lane_of(name, lanes) == lane && n-- == 0)
      return name;
}

inline rmi::EmbeddedBroker::Options laned(const std::string& endpoint = "tcp://127.0.0.1:*") {
  auto options = quiet_broker(endpoint);
  options.lanes = lanes;
  return options;
}

inline std::map<std::string, std::uint64_t> counters(rmi::Bus& bus) {
  return rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")->info().counters;
}

/// A branch in each lane, behind one daemon, and a caller.
struct Chain {
  explicit Chain(const std::string& endpoint = "tcp://127.0.0.1:*") : Chain(laned(endpoint)) {}
  explicit Chain(rmi::EmbeddedBroker::Options options) : broker(std::in_place, options) {
    auto of_daemon = quiet_daemon(broker->endpoint());
    of_daemon.grace = 1ms;
    daemon.emplace(of_daemon);
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      names.push_back(name_in(lane));
      objects.push_back(std::make_shared<Branch>());
      daemon->serve(names.back(), objects.back(), {.concurrent = true});
    }
    bus.emplace(quiet_bus(broker->endpoint()));
  }
  ~Chain() {
    for (const auto& object : objects)
      object->let_go();
  }
  rmi::Proxy<Branch> branch(std::size_t lane) { return {*bus, names[lane]}; }

  std::optional<rmi::EmbeddedBroker> broker;
  std::vector<std::string> names;
  std::vector<std::shared_ptr<Branch>> objects;
  std::optional<rmi::Daemon> daemon;
  std::optional<rmi::Bus> bus;
};

}  // namespace branches
