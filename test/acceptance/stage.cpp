// Starting the programs.
#include "stage.hpp"

#include <cstdlib>

#include <stdexcept>

namespace acceptance {
namespace {

const rmi::LogSink nowhere = [](const rmi::LogLine&) {};

std::string to_text(Way way) {
  switch (way) {
    case Way::tcp:
      return "over tcp";
    case Way::ipc:
      return "over ipc";
    case Way::direct:
      return "directly";
    case Way::lane:
      return "over the local lane";
    case Way::in_process:
      return "in process";
  }
  return {};
}

/// Arguments of the service.
std::vector<std::string> listening(Way way) {
  if (way == Way::direct) return {"--direct"};
  if (way == Way::lane) return {"--lane"};
  return {};
}

Catch::ScopedMessage show(Way way) {
  Catch::MessageBuilder message("", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info);
  message << to_text(way);
  return Catch::ScopedMessage(message);
}

}  // namespace

Way each_way() {
  return GENERATE(Way::tcp, Way::ipc, Way::direct, Way::lane, Way::in_process);
}

Way each_transport() {
  return GENERATE(Way::tcp, Way::ipc, Way::direct, Way::lane);
}

std::string program(const char* variable) {
  const char* path = std::getenv(variable);
  if (path == nullptr) throw std::runtime_error(std::string(variable) + " is not set");
  return path;
}

rmi::Bus::Options quiet_bus(const std::string& broker) {
  rmi::Bus::Options options;
  options.broker = broker;
  options.log = nowhere;
  options.timeout = patience();
  return options;
}

rmi::Daemon::Options quiet_daemon(const std::string& broker) {
  rmi::Daemon::Options options;
  options.broker = broker;
  options.log = nowhere;
  options.timeout = patience();
  return options;
}

BrokerProcess::BrokerProcess(Way way, std::vector<std::string> options)
    : options_(std::move(options)) {
  start(way == Way::ipc ? "ipc://" + folder_.file("broker") : "tcp://127.0.0.1:*");
}

void BrokerProcess::start(const std::string& listen) {
  std::vector<std::string> command{program("RMI_BROKER_PROGRAM"), "--listen", listen};
  // The whole suite runs with lanes, too.
  if (const char* lanes = std::getenv("RMI_TEST_LANES"))
    command.insert(command.end(), {"--lanes", lanes});
  command.insert(command.end(), options_.begin(), options_.end());
  process_.emplace(std::move(command));
  const std::string line = process_->line();
  endpoint_ = line.substr(line.rfind(' ') + 1);
}

void BrokerProcess::restart() {
  process_->kill();
  start(endpoint_);
}

ServiceProcess::ServiceProcess(const std::string& broker, std::vector<std::string> arguments)
    : process_([&] {
        arguments.insert(arguments.begin(), {program("MODEL_SERVICE_PROGRAM"), broker});
        return arguments;
      }()) {
  if (process_.line() != "Ready") throw std::runtime_error("the service is not ready");
}

Stage::Stage(Way way, std::vector<std::string> broker_options)
    : way_(way),
      shown_(show(way)),
      broker(way, std::move(broker_options)),
      service(way == Way::in_process
                  ? nullptr
                  : std::make_unique<ServiceProcess>(broker.endpoint(), listening(way))),
      daemon([&]() -> std::unique_ptr<rmi::Daemon> {
        if (way != Way::in_process) return nullptr;
        model::Record::of_process().reset();
        auto options = quiet_daemon(broker.endpoint());
        options.threads = 8;
        auto made = std::make_unique<rmi::Daemon>(options);
        model::serve_all(*made);
        return made;
      }()),
      bus(another_bus()) {}

rmi::Bus::Options Stage::another_bus() const {
  auto options = quiet_bus(broker.endpoint());
  if (in_process()) options.path = rmi::Path::in_process;
  if (direct()) options.path = rmi::Path::direct;
  return options;
}

}  // namespace acceptance
