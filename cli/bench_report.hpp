// What rmi-bench prints.
#pragma once

#include <string>
#include <vector>

#include "cli/bench_work.hpp"
#include "cli/terminal.hpp"

namespace rmi::cli {

/// What was measured, and of what.
struct BenchReport {
  std::string object;
  std::string interface;
  std::string endpoint;  ///< of the broker, or of the daemon itself
  std::string path;      ///< "brokered" or "direct"
  std::size_t size = 0;
  bool complete = false;  ///< not interrupted, and no call failed
  std::vector<Measured> rows{};
};

/// A line about the object, and a table.
std::string report_text(const BenchReport& report, const Palette& palette);

/// {"object", "interface", "endpoint", "path", "size", "complete", "work": [{"work", "n", "calls",
/// "seconds", "calls_per_second", "cpu_us_per_call", "latency_us": {"p50", "p99", "max"}}]}, on one
/// line; the latency is null where calls are not timed one by one. For a stream items are calls.
std::string report_json(const BenchReport& report);

}  // namespace rmi::cli
