// One measurement, and a table row that compares two of them round by round.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// What one round of calls cost. CPU and context switches are those of all processes on the way.
struct Sample {
  double calls_per_second;
  double p50_us;
  double p99_us;
  double cpu_us;
  double switches;
};

/// Makes the calls; adds the latency of each, in microseconds, if it is one that is looked at.
using Work = std::function<void(std::vector<double>& latencies)>;

/// Runs `work`, which makes that many calls, and accounts for these processes and our own.
Sample measure(const std::vector<pid_t>& processes, std::size_t calls, const Work& work);

/// One call after the other.
void serial(std::vector<double>& latencies, std::size_t calls, const std::function<void()>& call);
/// Keeps `window` calls in flight until `calls` are done.
void pipelined(std::size_t calls, std::size_t window, const std::function<void()>& send,
               const std::function<void()>& receive);
/// The same work on each of so many threads.
void on_threads(std::size_t threads, const std::function<void()>& work);

struct Row {
  std::string name;
  std::function<Sample()> bare;
  std::function<Sample()> rmibus;
  std::vector<Sample> bare_samples{};
  std::vector<Sample> rmibus_samples{};
};

/// One round to warm up, then `rounds` in which both sides of each row take turns; prints medians
/// and, of the ratios of the rounds, median and range.
void run(std::vector<Row>& rows, std::size_t rounds);

}  // namespace bench
