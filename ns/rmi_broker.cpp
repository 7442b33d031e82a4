// The program rmi-broker.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "daemon/service_manager.hpp"
#include "daemon/stop_signal.hpp"
#include "ns/broker.hpp"
#include "ns/broker_options.hpp"
#include "ns/store_writer.hpp"
#include "ns/version.hpp"

namespace {

constexpr int exit_usage = 2;
constexpr int exit_unreachable = 5;
constexpr int exit_broken = 9;

/// Each connection takes a file descriptor, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

enum class Event : std::uint8_t { signal, end };

/// What the main thread waits for: a signal to stop, or the broker's own end.
class Events {
 public:
  Events() : fds_{{{signal_.fd(), POLLIN, 0}, {eventfd(0, EFD_CLOEXEC), POLLIN, 0}}} {
    if (fds_[1].fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Events() { ::close(fds_[1].fd); }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// The broker has ended. Called on its thread.
  void end() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto size = ::write(fds_[1].fd, &one, sizeof one);
  }
  Event wait() {
    auto fds = fds_;
    while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
    }
    if (fds[1].revents != 0) return Event::end;
    signal_.take();
    return Event::signal;
  }

 private:
  rmi::StopSignal signal_;
  std::array<pollfd, 2> fds_;
};

int fail(int code, const std::exception& error) {
  std::cerr << "rmi-broker: " << error.what() << '\n';
  return code;
}

std::shared_ptr<rmi::ns::NameStore> open_store(const std::string& file, const rmi::LogSink& log) {
  rmi::ns::Store store(file);
  if (store.is_read_only())
    log({rmi::LogLevel::warning, "store-read-only",
         "the store '" + file + "' is read only: changes of durable names will be refused"});
  return std::make_shared<rmi::ns::StoreWriter>(std::move(store));
}

/// Until it has ended, in order or because somebody does not wait for that.
void run(rmi::ns::Broker::Options options, Events& events) {
  rmi::ServiceManager from_main;
  rmi::ServiceManager from_loop;
  options.on_turn = [&](rmi::ns::Time now) { return from_loop.feed_watchdog(now); };
  options.on_drain = [&] { from_loop.tell("STOPPING=1"); };
  options.on_end = [&] { events.end(); };
  rmi::ns::Broker broker(std::move(options));
  for (const auto& endpoint : broker.endpoints())
    std::cout << "rmi-broker " << rmi::ns::version << " listening on " << endpoint << std::endl;
  from_main.tell("READY=1");
  if (events.wait() == Event::signal) {
    broker.drain();
    events.wait();
  }
  broker.stop();
}

}  // namespace

int main(int argc, char** argv) {
  auto parsed = rmi::ns::parse_command_line(argc, argv, std::cout, std::cerr);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  auto& program = std::get<rmi::ns::BrokerProgram>(parsed);
  program.broker.log = rmi::stderr_log(program.log_level, program.log_format);
  Events events;
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads our output may go before us
  std::signal(SIGXFSZ, SIG_IGN);  // a store that may not grow refuses names, that is all
  raise_descriptor_limit();
  try {
    if (program.salvage) {
      std::cout << "rmi-broker: " << rmi::ns::salvage_store(program.store) << '\n';
      return 0;
    }
    if (!program.store.empty())
      program.broker.store = open_store(program.store, program.broker.log);
    run(std::move(program.broker), events);
    return 0;
  } catch (const rmi::ns::StoreError& error) {
    return fail(exit_broken, error);
  } catch (const std::invalid_argument& error) {
    return fail(exit_usage, error);
  } catch (const std::exception& error) {
    return fail(exit_unreachable, error);
  }
}
