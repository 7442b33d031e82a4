// The options that rmi-call, rmi-ns and rmi-bench share, and the bus that they lead to.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <rmi/bus.hpp>
#include <rmi/endpoint.hpp>

#include "cli/command_line.hpp"

namespace rmi::cli {

/// Options as they were typed.
struct CommonOptions {
  std::string broker;
  std::string timeout;
  std::string color = "auto";
  bool json = false;

  void add_to(CommandLine& line);
};

/// One connection to a broker, with one deadline for all that is done over it. It logs only when
/// $RMI_LOG asks for it: what went wrong is told once, by the error.
class Session {
 public:
  /// @param broker   of a URI; must agree with --broker when both are given.
  /// @param wait     whether calls wait for a broker that is not there.
  /// @throws UsageError
  Session(const CommonOptions& options, const std::optional<Endpoint>& broker, bool wait);

  Bus& bus() noexcept { return *bus_; }
  /// What --timeout says, else 30 s.
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  std::chrono::steady_clock::time_point deadline() const noexcept { return deadline_; }
  /// What is left of it; at least 1 ms, so that the call itself says that it timed out.
  std::chrono::milliseconds left() const;

 private:
  std::chrono::milliseconds timeout_;
  std::chrono::steady_clock::time_point deadline_;
  std::unique_ptr<Bus> bus_;
};

}  // namespace rmi::cli
