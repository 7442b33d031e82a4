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
#include "test/bench/measure.hpp"

namespace bench {

class Echo {
 public:
  std::string echo(const std::string& text) { return text; }
};
RMI_INTERFACE(Echo, echo)

namespace {

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
  explicit WireClient(const std::string& endpoint)
      : socket_(context_, endpoint,
                {.max_message = 64U << 20U, .heartbeat = std::chrono::seconds(6)}) {
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

/// One caller for a profiler to look at: CALLS serial calls.
int run_client(const std::string& endpoint, std::size_t calls) {
  rmi::Bus bus(endpoint);
  rmi::Proxy<Echo> echo(bus, "echo");
  for (std::size_t i = 0; i < calls; ++i)
    echo->echo(std::string(32, 'x'));
  return 0;
}

int run_bare_client(const std::string& endpoint, std::size_t calls) {
  BareClient client(endpoint);
  for (std::size_t i = 0; i < calls; ++i)
    client.call(100);
  return 0;
}

constexpr std::size_t payload = 32;
constexpr std::size_t bare_size = 100;  // as long as rmibus' frame of 32 bytes of text

/// All processes and connections of a run.
struct Parties {
  Child forwarder{{"bare-forwarder"}};
  Child bare_server{{"bare-server", forwarder.ready_line()}};
  Child broker{{"broker"}};
  Child service{{"service", broker.ready_line()}};
  BareClient bare{forwarder.ready_line()};
  rmi::Bus bus{broker.ready_line()};
  rmi::Proxy<Echo> echo{bus, "echo"};
  WireClient wire{broker.ready_line()};
  std::string text = std::string(payload, 'x');

  Sample measure_bare(std::size_t calls, const Work& work) const {
    return measure({forwarder.pid(), bare_server.pid()}, calls, work);
  }
  Sample measure_rmibus(std::size_t calls, const Work& work) const {
    return measure({broker.pid(), service.pid()}, calls, work);
  }
};

Row serial_row(Parties& p, std::size_t calls) {
  return {"serial, 32 bytes",
          [&p, calls] {
            return p.measure_bare(calls, [&](std::vector<double>& latencies) {
              serial(latencies, calls, [&] { p.bare.call(bare_size); });
            });
          },
          [&p, calls] {
            return p.measure_rmibus(calls, [&](std::vector<double>& latencies) {
              serial(latencies, calls, [&] { p.echo->echo(p.text); });
            });
          }};
}

Row pipelined_row(Parties& p, std::size_t calls) {
  return {"64 in flight, 32 bytes",
          [&p, calls] {
            return p.measure_bare(calls, [&](std::vector<double>&) {
              pipelined(
                  calls, 64, [&] { p.bare.send(bare_size); }, [&] { p.bare.receive(); });
            });
          },
          [&p, calls] {
            return p.measure_rmibus(calls, [&](std::vector<double>&) {
              pipelined(
                  calls, 64, [&] { p.wire.send(p.text); }, [&] { p.wire.receive(); });
            });
          }};
}

/// Bare libzmq gets a socket for each thread; rmibus shares one bus.
Row threads_row(Parties& p, std::size_t calls, std::size_t threads) {
  return {std::to_string(threads) + " threads (bare: a socket each)",
          [&p, calls, threads] {
            return p.measure_bare(calls, [&](std::vector<double>&) {
              on_threads(threads, [&] {
                BareClient client(p.forwarder.ready_line());
                for (std::size_t i = 0; i < calls / threads; ++i)
                  client.call(bare_size);
              });
            });
          },
          [&p, calls, threads] {
            return p.measure_rmibus(calls, [&](std::vector<double>&) {
              on_threads(threads, [&] {
                for (std::size_t i = 0; i < calls / threads; ++i)
                  p.echo->echo(p.text);
              });
            });
          }};
}

int compare(std::size_t rounds, std::size_t calls) {
  Parties parties;
  std::vector<Row> rows{serial_row(parties, calls), pipelined_row(parties, calls * 10),
                        threads_row(parties, calls, 8), threads_row(parties, calls, 64)};
  run(rows, rounds);
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
