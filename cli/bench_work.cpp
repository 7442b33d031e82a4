// Loops around calls, with a clock.
#include "cli/bench_work.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rmi/batch.hpp>
#include <rmi/errors.hpp>
#include <rmi/future.hpp>

#include "cli/interruptible.hpp"

namespace rmi::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Latencies = std::vector<std::chrono::nanoseconds>;

constexpr std::size_t largest_text = 4096;  // above that a program would pass a Blob
constexpr std::size_t batch_size = 64;
constexpr std::size_t notes_at_once = 1000;  // a daemon queues ten times as many, if not told else

std::chrono::nanoseconds cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Says how many calls may still begin. Thread safe.
class Allowance {
 public:
  explicit Allowance(const BenchPlan& plan)
      : left_(plan.calls), end_(plan.time ? Clock::now() + *plan.time : Clock::time_point::max()) {}

  /// @return how many of the wanted ones may begin now; 0 ends the work.
  std::size_t take(Clock::time_point now, std::size_t wanted = 1) {
    if (now >= end_ || Interruptible::interrupted()) return 0;
    std::size_t left = left_;
    while (!left_.compare_exchange_weak(left, left - std::min(left, wanted))) {
    }
    return std::min(left, wanted);
  }
  void stop() { left_ = 0; }

 private:
  std::atomic<std::size_t> left_;
  const Clock::time_point end_;
};

/// Runs `work(allowance, measured)` between two looks at the clocks.
template <class Work>
Measured measure(const BenchPlan& plan, Work&& work) {
  Measured measured;
  const auto cpu = cpu_time();
  const auto begun = Clock::now();
  Allowance allowance(plan);
  work(allowance, measured);
  measured.time = Clock::now() - begun;
  measured.cpu = cpu_time() - cpu;
  return measured;
}

void take_latencies(Measured& measured, Latencies latencies) {
  measured.count = latencies.size();
  measured.latency = summarize(std::move(latencies), measured.time);
}

std::string text_of(const BenchPlan& plan) {
  return std::string(plan.size, 'x');
}

void call_once(const BenchPlan& plan) {
  if (plan.size <= largest_text)
    plan.object->echo(text_of(plan));
  else
    plan.object->echo_bytes(BlobBuilder(plan.size).build());
}

void call_serially(const BenchPlan& plan, Allowance& allowance, Latencies& latencies) {
  for (auto begun = Clock::now(); allowance.take(begun) != 0;) {
    call_once(plan);
    const auto now = Clock::now();
    latencies.push_back(now - begun);
    begun = now;
  }
}

Measured serial(const BenchPlan& plan) {
  Latencies latencies;
  Measured measured = measure(
      plan, [&](Allowance& allowance, Measured&) { call_serially(plan, allowance, latencies); });
  take_latencies(measured, std::move(latencies));
  return measured;
}

/// A call under way, of one of two types.
struct Flying {
  Clock::time_point begun;
  Future<std::string> text{};
  Future<Blob> bytes{};

  void begin(const BenchPlan& plan) {
    begun = Clock::now();
    if (plan.size <= largest_text)
      text = plan.object.async()->echo(text_of(plan));
    else
      bytes = plan.object.async()->echo_bytes(BlobBuilder(plan.size).build());
  }
  std::chrono::nanoseconds finish() {
    if (text.valid())
      text.get();
    else
      bytes.get();
    return Clock::now() - begun;
  }
};

/// The oldest call is waited for, then the next begins in its place.
Measured in_flight(const BenchPlan& plan) {
  Latencies latencies;
  Measured measured = measure(plan, [&](Allowance& allowance, Measured&) {
    std::vector<Flying> flying(plan.in_flight);
    std::size_t begun = 0;
    for (; allowance.take(Clock::now()) != 0; ++begun) {
      Flying& slot = flying[begun % plan.in_flight];
      if (begun >= plan.in_flight) latencies.push_back(slot.finish());
      slot.begin(plan);
    }
    for (std::size_t i = begun - std::min(begun, plan.in_flight); i < begun; ++i)
      latencies.push_back(flying[i % plan.in_flight].finish());
  });
  take_latencies(measured, std::move(latencies));
  measured.n = plan.in_flight;
  return measured;
}

/// Serial calls of many threads over one bus, which share the allowance.
Measured threads(const BenchPlan& plan) {
  std::vector<Latencies> parts(plan.threads);
  std::vector<std::exception_ptr> errors(plan.threads);
  Measured measured = measure(plan, [&](Allowance& allowance, Measured&) {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < plan.threads; ++i)
      running.emplace_back([&, i] {
        try {
          call_serially(plan, allowance, parts[i]);
        } catch (...) {
          errors[i] = std::current_exception();
          allowance.stop();
        }
      });
  });
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
  Latencies latencies;
  for (const auto& part : parts)
    latencies.insert(latencies.end(), part.begin(), part.end());
  take_latencies(measured, std::move(latencies));
  measured.n = plan.threads;
  return measured;
}

/// Waits until the object has counted so many calls.
void wait_for_calls(const Proxy<BenchObject>& object, std::uint64_t wanted) {
  const auto end = Clock::now() + object.timeout();
  for (std::uint64_t seen = 0; (seen = object->calls()) < wanted;)
    if (Clock::now() >= end)
      throw TimeoutError(fmt::format("'{}' did not run {} of the oneway calls in time",
                                     object.name(), wanted - seen));
}

/// Counted are those that the object says it ran.
Measured oneways(const BenchPlan& plan) {
  const Proxy<BenchObject> object = plan.object.sticky();  // one daemon, which counts
  const std::string text = text_of(plan);
  std::uint64_t ran = object->calls();
  return measure(plan, [&](Allowance& allowance, Measured& measured) {
    while (const std::size_t count = allowance.take(Clock::now(), notes_at_once)) {
      for (std::size_t i = 0; i < count; ++i)
        object->note(text);
      wait_for_calls(object, ran += count);
      measured.count += count;
    }
  });
}

Measured batches(const BenchPlan& plan) {
  const std::string text = text_of(plan);
  Batch<BenchObject> batch(plan.object);
  Measured measured = measure(plan, [&](Allowance& allowance, Measured& result) {
    while (const std::size_t count = allowance.take(Clock::now(), batch_size)) {
      for (std::size_t i = 1; i < count; ++i)
        batch->echo(text);
      const auto last = batch->echo(text);
      batch.run();
      last.get();  // throws what stopped any of them
      result.count += count;
    }
  });
  measured.n = batch_size;
  return measured;
}

Measured stream(const BenchPlan& plan) {
  return measure(plan, [&](Allowance& allowance, Measured& measured) {
    auto numbers = plan.object->count(0, std::numeric_limits<std::int32_t>::max(), std::nullopt);
    for (std::int32_t wanted = 0; allowance.take(Clock::now()) != 0; ++wanted) {
      if (numbers.next() != wanted)
        throw ConnectionLost(fmt::format("item {} of the stream did not come", wanted));
      ++measured.count;
    }
  });
}

constexpr std::array<BenchWork, 6> works{{
    {"serial", "One call after the other", &serial},
    {"in-flight", "Many calls at once, of one thread", &in_flight},
    {"threads", "Many threads over one connection", &threads},
    {"oneway", "Calls that nobody waits for, until they ran", &oneways},
    {"batch", "64 calls with one message", &batches},
    {"stream", "Numbers that the object sends", &stream},
}};

}  // namespace

double Measured::per_second() const {
  const double seconds = std::chrono::duration<double>(time).count();
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

double Measured::cpu_us_each() const {
  const double us = std::chrono::duration<double, std::micro>(cpu).count();
  return count > 0 ? us / static_cast<double>(count) : 0;
}

std::span<const BenchWork> bench_works() {
  return works;
}

}  // namespace rmi::cli
