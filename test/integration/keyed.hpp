// A broker with keys, a daemon that has one, and callers with good keys and bad ones.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include <rmi/broker_control.hpp>

#include "bus/keys.hpp"
#include "test/integration/fixture.hpp"

namespace keyed {
using namespace rmi_test;

struct Vault {
  std::string echo(const std::string& text) { return text; }
  std::string make(std::uint64_t size) { return std::string(size, 'x'); }
  std::string who() { return rmi::context().caller().principal; }
  void drop(int n) { dropped += n; }
  std::atomic<int> dropped{0};
};
RMI_INTERFACE(Vault, echo, make, who, (drop, rmi::oneway))

/// Files of keys, and the list of those that may connect.
class KeyRing {
 public:
  /// Makes keys, and returns the public one.
  std::string make(const std::string& holder) {
    const auto keys = rmi::new_keys();
    rmi::write_keys(file(holder), keys);
    return keys.public_key;
  }
  std::string file(const std::string& holder) const { return folder_.file(holder + ".keys"); }
  std::string public_key(const std::string& holder) const {
    return rmi::read_keys(file(holder)).public_key;
  }
  std::string authorized() const { return folder_.file("authorized"); }
  void authorize(const std::string& holder) {
    write(text_ + public_key(holder) + " " + holder + "\n");
  }
  /// What else stood there goes.
  void write(const std::string& text) {
    text_ = text;
    std::ofstream(authorized()) << text;
  }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  std::string text_;
};

struct Scene {
  explicit Scene(std::size_t lanes = 1) {
    for (const auto* holder : {"broker", "worker", "alice", "stranger"})
      keys.make(holder);
    keys.authorize("worker");
    keys.authorize("alice");
    options.lanes = lanes;
    options.key_file = keys.file("broker");
    options.authorized_file = keys.authorized();
    options.log = log.sink();
  }
  void start() {
    broker.emplace(options);
    auto of_daemon = quiet_daemon(broker->endpoint());
    of_daemon.listen = listen;
    of_daemon.key_file = keys.file("worker");
    of_daemon.broker_key = keys.public_key("broker");
    daemon.emplace(of_daemon);
    daemon->serve("vault", vault, {.concurrent = true});
  }
  rmi::Bus::Options as(const std::string& holder) const {
    auto bus = quiet_bus(broker->endpoint());
    bus.path = rmi::Path::brokered;
    bus.wait_for_broker = false;
    bus.key_file = keys.file(holder);
    bus.broker_key = keys.public_key("broker");
    return bus;
  }
  /// Fails unless a caller with a good key gets through.
  void check_works() const {
    rmi::Bus bus(as("alice"));
    CHECK(rmi::Proxy<Vault>(bus, "vault")->who() == "key:alice");
  }
  rmi::BrokerInfo info() const {
    rmi::Bus bus(as("alice"));
    return rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")->info();
  }

  KeyRing keys;
  Log log;
  rmi::EmbeddedBroker::Options options = quiet_broker();
  std::string listen;  ///< of the daemon
  std::optional<rmi::EmbeddedBroker> broker;
  std::shared_ptr<Vault> vault = std::make_shared<Vault>();
  std::optional<rmi::Daemon> daemon;
};

/// What a call over such a bus comes to.
inline std::string refusal(const rmi::Bus::Options& options) {
  rmi::Bus bus(options);
  try {
    rmi::Proxy<Vault>(bus, "vault")->who();
  } catch (const rmi::NotConnected& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    return error.what();
  }
  return "it got through";
}

}  // namespace keyed
