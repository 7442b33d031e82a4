// The program rmi-broker.
#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <variant>

#include "ns/broker.hpp"
#include "ns/broker_options.hpp"
#include "ns/version.hpp"

namespace {

constexpr int exit_usage = 2;
constexpr int exit_unreachable = 5;

/// To be called before any thread is started, so that all inherit the mask.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads our output may go before us
  return signals;
}

/// Each connection takes a file descriptor, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int fail(int code, const std::exception& error) {
  std::cerr << "rmi-broker: " << error.what() << '\n';
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  auto parsed = rmi::ns::parse_command_line(argc, argv, std::cout, std::cerr);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  auto& program = std::get<rmi::ns::BrokerProgram>(parsed);
  program.broker.log = rmi::stderr_log(program.log_level);
  const sigset_t signals = block_stop_signals();
  raise_descriptor_limit();
  try {
    rmi::ns::Broker broker(std::move(program.broker));
    for (const auto& endpoint : broker.endpoints())
      std::cout << "rmi-broker " << rmi::ns::version << " listening on " << endpoint << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
    broker.stop();
    return 0;
  } catch (const std::invalid_argument& error) {
    return fail(exit_usage, error);
  } catch (const std::exception& error) {
    return fail(exit_unreachable, error);
  }
}
