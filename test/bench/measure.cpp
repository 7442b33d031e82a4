// Clocks, accounting and the table.
#include "test/bench/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "test/bench/bench_processes.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double median_of(const std::vector<Sample>& samples, double Sample::*field) {
  std::vector<double> values;
  for (const auto& sample : samples)
    values.push_back(sample.*field);
  return median(values);
}

void print_ratio(const char* what, const Row& row, double Sample::*field, const char* unit) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < row.bare_samples.size(); ++i)
    ratios.push_back(row.rmibus_samples[i].*field / row.bare_samples[i].*field);
  const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  std::printf("%-34s %-14s %12.1f %12.1f %-4s %6.2f  (%.2f .. %.2f)\n", row.name.c_str(), what,
              median_of(row.bare_samples, field), median_of(row.rmibus_samples, field), unit,
              median(ratios), *low, *high);
}

void print(const Row& row) {
  if (row.bare_samples.front().p50_us > 0) {
    print_ratio("p50", row, &Sample::p50_us, "us");
    print_ratio("p99", row, &Sample::p99_us, "us");
  }
  print_ratio("calls/s", row, &Sample::calls_per_second, "/s");
  print_ratio("CPU a call", row, &Sample::cpu_us, "us");
  print_ratio("switches", row, &Sample::switches, "");
}

}  // namespace

Sample measure(const std::vector<pid_t>& processes, std::size_t calls, const Work& work) {
  std::vector<double> latencies;
  latencies.reserve(calls);
  double cpu = -cpu_seconds(0);
  double switches = -static_cast<double>(context_switches(0));
  for (const pid_t pid : processes) {
    cpu -= cpu_seconds(pid);
    switches -= static_cast<double>(context_switches(pid));
  }
  const auto start = Clock::now();
  work(latencies);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  cpu += cpu_seconds(0);
  switches += static_cast<double>(context_switches(0));
  for (const pid_t pid : processes) {
    cpu += cpu_seconds(pid);
    switches += static_cast<double>(context_switches(pid));
  }
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double quantile) {
    if (latencies.empty()) return 0.0;
    return latencies[static_cast<std::size_t>(quantile *
                                              static_cast<double>(latencies.size() - 1))];
  };
  const auto n = static_cast<double>(calls);
  return {n / seconds, at(0.5), at(0.99), cpu * 1e6 / n, switches / n};
}

void serial(std::vector<double>& latencies, std::size_t calls, const std::function<void()>& call) {
  for (std::size_t i = 0; i < calls; ++i) {
    const auto start = Clock::now();
    call();
    latencies.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
}

void on_threads(std::size_t threads, const std::function<void()>& work) {
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < threads; ++i)
    running.emplace_back(work);
  for (auto& thread : running)
    thread.join();
}

void pipelined(std::size_t calls, std::size_t window, const std::function<void()>& send,
               const std::function<void()>& receive) {
  for (std::size_t i = 0; i < window; ++i)
    send();
  for (std::size_t i = window; i < calls; ++i) {
    receive();
    send();
  }
  for (std::size_t i = 0; i < window; ++i)
    receive();
}

void run(std::vector<Row>& rows, std::size_t rounds) {
  for (std::size_t round = 0; round <= rounds; ++round)
    for (auto& row : rows) {
      const Sample bare = row.bare();
      const Sample rmibus = row.rmibus();
      if (round == 0) continue;
      row.bare_samples.push_back(bare);
      row.rmibus_samples.push_back(rmibus);
    }
  std::printf("%-34s %-14s %12s %12s %-4s %6s  (range over %zu rounds)\n", "", "", "bare libzmq",
              "rmibus", "", "ratio", rounds);
  for (const auto& row : rows)
    print(row);
}

}  // namespace bench
