// The kinds of work of rmi-bench: each makes calls until it is told to stop, and says what they
// took.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <rmi/proxy.hpp>

#include "cli/bench_object.hpp"
#include "cli/latency.hpp"

namespace rmi::cli {

/// What all kinds of work are told.
struct BenchPlan {
  Proxy<BenchObject> object{};
  std::size_t size = 32;                            ///< bytes there and back
  std::size_t in_flight = 64;                       ///< calls at once, of that work
  std::size_t threads = 8;                          ///< of that work
  std::size_t calls = 0;                            ///< each kind ends after that many
  std::optional<std::chrono::milliseconds> time{};  ///< and after that time
};

/// What one kind of work took.
struct Measured {
  std::string_view work{};
  std::size_t n = 1;      ///< calls in flight, threads, or calls in a message
  std::size_t count = 0;  ///< calls or items that are done
  std::chrono::nanoseconds time{0};
  std::chrono::nanoseconds cpu{0};          ///< user and system time of this process
  std::optional<LatencySummary> latency{};  ///< nothing where calls are not timed one by one

  double per_second() const;
  double cpu_us_each() const;
};

struct BenchWork {
  std::string_view name;
  std::string_view purpose;
  /// Ends early when the program is interrupted. @throws what calls throw.
  Measured (*run)(const BenchPlan& plan);
};

/// All of them, in the order in which they are run.
std::span<const BenchWork> bench_works();

}  // namespace rmi::cli
