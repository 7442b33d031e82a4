// What a call through the broker costs beside a bare libzmq forwarder, in the same run.
//
// Each round measures both, one after the other, so that drift of the machine meets both alike;
// the table gives medians over the rounds and the ratio of each round. Usage: call_bench [ROUNDS].
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <rmi/bus.hpp>
#include <rmi/daemon.hpp>
#include <rmi/embedded_broker.hpp>
#include <rmi/proxy.hpp>
#include <string>
#include <thread>
#include <vector>

#include "bus/control.hpp"
#include "bus/socket.hpp"
#include "bus/wire.hpp"
#include "test/bench/bare.hpp"
#include "test/bench/bench_processes.hpp"

namespace bench {

class Echo {
 public:
  std::string echo(const std::string& text) { return text; }
};
RMI_INTERFACE(Echo, echo)

namespace {

using Clock = std::chrono::steady_clock;

int run_broker() {
  block_stop_signals();
  rmi::EmbeddedBroker broker;
  std::printf("%s\n", broker.endpoint().c_str());
  std::fflush(stdout);
  wait_for_stop();
  return 0;
}

int run_service(const std::string& endpoint, bool concurrent) {
  rmi::Daemon daemon(endpoint);
  daemon.serve("echo", std::make_shared<Echo>(), {.concurrent = concurrent});
  std::printf("ready\n");
  std::fflush(stdout);
  daemon.run();
  return 0;
}

/// Speaks the wire itself, so that many calls can be in flight on one thread.
class WireClient {
 public:
  explicit WireClient(const std::string& endpoint) : socket_(context_, endpoint, 64U << 20U) {
    while (socket_.next_event(-1, std::chrono::seconds(1)) != rmi::LinkEvent::up) {
    }
    rmi::Frame hello = rmi::make_hello({});
    socket_.send(hello);
    receive();
  }
  void send(const std::string& text) {
    rmi::Frame call = rmi::wire::build(
        {.signature = rmi::detail::Signed<&Echo::echo>::hash(), .call_id = ++number_}, "echo",
        "echo", rmi::encoded_size(text));
    rmi::encode(rmi::wire::payload_of(call), text);
    socket_.send(call);
  }
  void receive() {
    rmi::Frame frame;
    while (!socket_.receive(frame)) {
      pollfd wait{socket_.fd(), POLLIN, 0};
      poll(&wait, 1, 1000);
    }
  }

 private:
  rmi::ZmqContext context_;
  rmi::DealerSocket socket_;
  std::uint64_t number_ = 0;
};

/// Keeps `window` calls in flight until `calls` are done.
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

/// One caller for a profiler to look at: CALLS serial calls.
int run_client(const std::string& endpoint, std::size_t calls) {
  rmi::Bus bus(endpoint);
  rmi::Proxy<Echo> echo(bus, "echo");
  for (std::size_t i = 0; i < calls; ++i) echo->echo(std::string(32, 'x'));
  return 0;
}

int run_bare_client(const std::string& endpoint, std::size_t calls) {
  BareClient client(endpoint);
  for (std::size_t i = 0; i < calls; ++i) client.call(100);
  return 0;
}

struct Sample {
  double calls_per_second;
  double p50_us;
  double p99_us;
  double cpu_us;
  double switches;
};

/// Runs `work`, which fills in latencies, and accounts for these processes and our own.
Sample measure(const std::vector<pid_t>& processes, std::size_t calls,
               const std::function<void(std::vector<double>&)>& work) {
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

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Row {
  std::string name;
  std::function<Sample()> bare;
  std::function<Sample()> rmibus;
  std::vector<Sample> bare_samples{};
  std::vector<Sample> rmibus_samples{};
};

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

constexpr std::size_t payload = 32;
constexpr std::size_t bare_size = 100;  // as long as rmibus' frame of 32 bytes of text

int compare(std::size_t rounds, std::size_t calls) {
  const Child forwarder({"bare-forwarder"});
  const Child bare_server({"bare-server", forwarder.ready_line()});
  const Child broker({"broker"});
  const Child service({"service", broker.ready_line()});
  const std::vector<pid_t> bare_pids{forwarder.pid(), bare_server.pid()};
  const std::vector<pid_t> rmi_pids{broker.pid(), service.pid()};
  const std::string text(payload, 'x');

  BareClient bare(forwarder.ready_line());
  rmi::Bus bus(broker.ready_line());
  rmi::Proxy<Echo> echo(bus, "echo");
  WireClient wire(broker.ready_line());
  const std::size_t many = calls * 10;
  const auto threads_row = [&](std::size_t threads) {
    return Row{std::to_string(threads) + " threads (bare: a socket each)",
               [&, threads] {
                 return measure(bare_pids, calls, [&, threads](std::vector<double>&) {
                   on_threads(threads, [&, threads] {
                     BareClient client(forwarder.ready_line());
                     for (std::size_t i = 0; i < calls / threads; ++i)
                       client.call(bare_size);
                   });
                 });
               },
               [&, threads] {
                 return measure(rmi_pids, calls, [&, threads](std::vector<double>&) {
                   on_threads(threads, [&, threads] {
                     for (std::size_t i = 0; i < calls / threads; ++i)
                       echo->echo(text);
                   });
                 });
               }};
  };
  std::vector<Row> rows{{"serial, 32 bytes",
                         [&] {
                           return measure(bare_pids, calls, [&](std::vector<double>& latencies) {
                             serial(latencies, calls, [&] { bare.call(bare_size); });
                           });
                         },
                         [&] {
                           return measure(rmi_pids, calls, [&](std::vector<double>& latencies) {
                             serial(latencies, calls, [&] { echo->echo(text); });
                           });
                         }},
                        {"64 in flight, 32 bytes",
                         [&] {
                           return measure(bare_pids, many, [&](std::vector<double>&) {
                             pipelined(
                                 many, 64, [&] { bare.send(bare_size); }, [&] { bare.receive(); });
                           });
                         },
                         [&] {
                           return measure(rmi_pids, many, [&](std::vector<double>&) {
                             pipelined(
                                 many, 64, [&] { wire.send(text); }, [&] { wire.receive(); });
                           });
                         }},
                        threads_row(8),
                        threads_row(64)};
  for (std::size_t round = 0; round <= rounds; ++round)
    for (auto& row : rows) {
      const Sample bare_sample = row.bare();
      const Sample rmibus_sample = row.rmibus();
      if (round == 0) continue;  // warm-up
      row.bare_samples.push_back(bare_sample);
      row.rmibus_samples.push_back(rmibus_sample);
    }
  std::printf("%-34s %-14s %12s %12s %-4s %6s  (range over %zu rounds of %zu calls)\n", "", "",
              "bare libzmq", "rmibus", "", "ratio", rounds, calls);
  for (const auto& row : rows)
    print(row);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::string role = argc > 1 ? argv[1] : "";
  if (role == "bare-forwarder") return bench::run_bare_forwarder();
  if (role == "bare-server") return bench::run_bare_server(argv[2]);
  if (role == "broker") return bench::run_broker();
  if (role == "service") return bench::run_service(argv[2], false);
  if (role == "client") return bench::run_client(argv[2], std::strtoul(argv[3], nullptr, 10));
  if (role == "bare-client")
    return bench::run_bare_client(argv[2], std::strtoul(argv[3], nullptr, 10));
  const std::size_t rounds = role.empty() ? 5 : std::strtoul(role.c_str(), nullptr, 10);
  return bench::compare(rounds, 4000);
}
