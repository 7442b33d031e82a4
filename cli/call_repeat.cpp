// Times each call.
#include "cli/call_repeat.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/failure.hpp"
#include "cli/latency.hpp"

namespace rmi::cli {
namespace {

using std::chrono::steady_clock;

Json summary_json(const LatencySummary& summary) {
  const auto us = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
  };
  return {{"calls", summary.calls},
          {"seconds", std::chrono::duration<double>(summary.total).count()},
          {"calls_per_second", summary.calls_per_second()},
          {"latency_us",
           {{"min", us(summary.min)},
            {"mean", us(summary.mean)},
            {"p50", us(summary.p50)},
            {"p90", us(summary.p90)},
            {"p99", us(summary.p99)},
            {"max", us(summary.max)}}}};
}

}  // namespace

std::size_t parse_count(const std::string& option, const std::string& text, std::size_t most) {
  std::size_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end || count == 0 || count > most)
    throw UsageError(
        fmt::format("{}: expected a number from 1 to {}, got '{}'", option, most, text));
  return count;
}

void repeat(const PreparedCall& call, std::size_t count, const CallOptions& options) {
  std::vector<std::chrono::nanoseconds> times;
  times.reserve(count);
  std::string result = no_result(options);
  const auto start = steady_clock::now();
  auto before = start;
  while (times.size() < count) {
    try {
      call.run([&](std::span<const std::byte> reply) {
        if (times.empty()) result = show_result(call, reply, options);
      });
    } catch (...) {
      if (!options.common.json)
        std::cout << fmt::format("{} of {} calls were done\n", times.size(), count);
      throw;
    }
    const auto now = steady_clock::now();
    times.push_back(now - before);
    before = now;
  }
  const LatencySummary summary = summarize(std::move(times), before - start);
  if (!options.common.json) {
    std::cout << result << latency_text(summary);
    return;
  }
  Json whole = summary_json(summary);
  whole["result"] = parse_json(result);
  std::cout << to_text(whole) << '\n';
}

}  // namespace rmi::cli
