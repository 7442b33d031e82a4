// A broker, a service and this test, as three processes, over each of the ways that calls can take.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <rmi/rmi.hpp>
#include <string>
#include <vector>

#include "model.hpp"
#include "process.hpp"

namespace acceptance {

/// How the test, the broker and the service are connected.
enum class Way {
  tcp,
  ipc,
  direct,      ///< tcp to the broker, and calls straight to the service
  lane,        ///< the same, and those over the local lane
  in_process,  ///< the service is in the test's own process
};
/// Each of them in turn: what the test case does is done once for each.
Way each_way();
/// All but in_process: for what only makes sense between processes.
Way each_transport();

/// The programs under test, as the environment names them: RMI_BROKER_PROGRAM, RMI_NS_PROGRAM,
/// MODEL_SERVICE_PROGRAM. @throws std::runtime_error  it is not set.
std::string program(const char* variable);

/// Options for this process's own buses and daemons: nothing on stderr.
rmi::Bus::Options quiet_bus(const std::string& broker);
rmi::Daemon::Options quiet_daemon(const std::string& broker);

/// A broker program that is there once this is constructed.
class BrokerProcess {
 public:
  explicit BrokerProcess(Way way = Way::tcp, std::vector<std::string> options = {});
  const std::string& endpoint() const noexcept { return endpoint_; }
  Process& process() noexcept { return *process_; }
  /// Kills it and starts another one at the same endpoint.
  void restart();

 private:
  void start(const std::string& listen);
  TempFolder folder_;
  std::vector<std::string> options_;
  std::optional<Process> process_;
  std::string endpoint_;
};

/// A model-service that serves once this is constructed. See model_service.cpp for its arguments.
class ServiceProcess {
 public:
  explicit ServiceProcess(const std::string& broker, std::vector<std::string> arguments = {});
  Process& process() noexcept { return process_; }

 private:
  Process process_;
};

/// All three, and a bus of this process.
class Stage {
 public:
  explicit Stage(Way way = Way::tcp, std::vector<std::string> broker_options = {});

  const std::string& endpoint() const noexcept { return broker.endpoint(); }
  /// For calls to the service, in that way.
  template <class Interface>
  rmi::Proxy<Interface> proxy(const std::string& name) {
    return rmi::Proxy<Interface>(bus, name);
  }
  /// A connection of its own to the same broker, and by the same way.
  rmi::Bus::Options another_bus() const;
  /// The service's own record of what happened in it.
  rmi::Proxy<model::Record> record() { return proxy<model::Record>("record"); }
  std::int64_t count(const std::string& key) { return record()->count(key); }
  bool in_process() const noexcept { return way_ == Way::in_process; }
  bool direct() const noexcept { return way_ == Way::direct || way_ == Way::lane; }

 private:
  const Way way_;
  Catch::ScopedMessage shown_;

 public:
  BrokerProcess broker;
  std::unique_ptr<ServiceProcess> service;  ///< null if it is in this process
  std::unique_ptr<rmi::Daemon> daemon;      ///< if it is
  rmi::Bus bus;
};

/// The text of what `act` throws, which must be an E (or derive from it).
template <class E = std::exception, class Act>
std::string caught(Act&& act) {
  try {
    act();
  } catch (const std::exception& error) {
    if constexpr (std::is_same_v<E, std::exception>) {
      return error.what();
    } else {
      const auto* wanted = dynamic_cast<const E*>(&error);
      if (wanted == nullptr) return std::string("(something else: ") + error.what() + ')';
      if constexpr (std::is_base_of_v<std::exception, E>)
        return wanted->what();
      else
        return wanted->text;
    }
  }
  return "(nothing)";
}

/// Whether the text has that part.
inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace acceptance
