// Temporary folders, waiting, and quiet options.
#include "test/integration/fixture.hpp"

#include <stdlib.h>

#include <cstdlib>
#include <stdexcept>

namespace rmi_test {

TempFolder::TempFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "rmi-test-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

rmi::LogSink Log::sink() {
  return [this](const rmi::LogLine& line) {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line.text);
  };
}

std::size_t Log::count(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  std::size_t found = 0;
  for (const auto& line : lines_)
    if (line.find(part) != std::string::npos) ++found;
  return found;
}

namespace {
const rmi::LogSink nowhere = [](const rmi::LogLine&) {};
}

rmi::EmbeddedBroker::Options quiet_broker(const std::string& endpoint) {
  rmi::EmbeddedBroker::Options options;
  options.endpoints = {endpoint};
  options.log = nowhere;
  // The whole suite runs with lanes, too.
  if (const char* lanes = std::getenv("RMI_TEST_LANES"))
    options.lanes = static_cast<std::size_t>(std::atoi(lanes));
  return options;
}

namespace {
/// Where daemons listen when a test says nothing else, and whether buses go there directly: over
/// local lanes, or over libzmq.
std::string direct_place() {
  const char* variable = std::getenv("RMI_TEST_PATH");
  const std::string_view path(variable == nullptr ? "" : variable);
  if (path == "lane") return "unix://*";
  return path == "direct" ? "tcp://127.0.0.1:*" : "";
}
}  // namespace

rmi::Daemon::Options quiet_daemon(const std::string& broker) {
  rmi::Daemon::Options options;
  options.broker = broker;
  options.log = nowhere;
  options.listen = direct_place();
  return options;
}

rmi::Bus::Options quiet_bus(const std::string& broker) {
  rmi::Bus::Options options;
  options.broker = broker;
  options.log = nowhere;
  if (!direct_place().empty()) options.path = rmi::Path::direct;
  return options;
}

}  // namespace rmi_test
