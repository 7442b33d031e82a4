// Connects as the common options say.
#include "cli/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "cli/duration.hpp"
#include "cli/failure.hpp"

namespace rmi::cli {
namespace {

std::string choose_broker(const CommonOptions& options, const std::optional<Endpoint>& broker) {
  if (!broker)
    return Endpoint::parse(options.broker.empty() ? default_broker() : options.broker).str();
  if (!options.broker.empty() && Endpoint::parse(options.broker) != *broker)
    throw UsageError(fmt::format("the URI names the broker {}, --broker {}; leave one out",
                                 broker->str(), options.broker));
  return broker->str();
}

std::chrono::milliseconds parse_timeout(const std::string& text) {
  if (text.empty()) return std::chrono::seconds(30);
  try {
    return parse_duration(text);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--timeout: {}", error.what()));
  }
}

LogSink quiet_log() {
  try {
    return default_log(LogLevel::off);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

void CommonOptions::add_to(CommandLine& line) {
  line.option("-b,--broker", broker, "ENDPOINT",
              "Broker to ask, tcp://HOST:PORT or ipc://PATH\n"
              "(default: $RMI_BROKER, else tcp://127.0.0.1:7766)");
  line.option("-t,--timeout", timeout, "TIME",
              "Longest wait, as 2s, 500ms or 1m; a bare number is seconds\n(default: 30s)");
  line.flag("-j,--json", json, "Prints JSON on one line, errors too");
  line.option("--color", color, "WHEN", "auto (on a terminal), always or never (default: auto)");
}

Session::Session(const CommonOptions& options, const std::optional<Endpoint>& broker, bool wait)
    : timeout_(parse_timeout(options.timeout)),
      deadline_(std::chrono::steady_clock::now() + timeout_) {
  Bus::Options bus;
  bus.broker = choose_broker(options, broker);
  bus.timeout = timeout_;
  bus.wait_for_broker = wait;
  bus.log = quiet_log();
  try {
    bus_ = std::make_unique<Bus>(std::move(bus));
  } catch (const std::invalid_argument& error) {  // keys that the environment names
    throw UsageError(error.what());
  }
}

std::chrono::milliseconds Session::left() const {
  const auto left = deadline_ - std::chrono::steady_clock::now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1));
}

}  // namespace rmi::cli
