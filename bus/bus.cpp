// Bus: options in, a connection out.
#include <rmi/bus.hpp>

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "bus/connection.hpp"
#include "bus/identity.hpp"

namespace rmi {
namespace {

std::chrono::milliseconds positive(std::chrono::milliseconds timeout) {
  if (timeout <= std::chrono::milliseconds::zero())
    throw std::invalid_argument("the timeout of a Bus must be positive, got " +
                                std::to_string(timeout.count()) + " ms");
  return timeout;
}

Connection::Options connection_options(Bus::Options options) {
  return {.endpoint = options.broker.empty() ? default_broker() : std::move(options.broker),
          .program = options.program.empty() ? program_name() : std::move(options.program),
          .max_message = options.max_message,
          .serves = false,
          .wait_for_broker = options.wait_for_broker,
          .log = options.log ? std::move(options.log) : stderr_log(log_level_from_environment())};
}

}  // namespace

std::string default_broker() {
  const char* named = std::getenv("RMI_BROKER");
  return named != nullptr && *named != '\0' ? named : "tcp://127.0.0.1:7766";
}

Bus::Bus() : Bus(Options{}) {}

Bus::Bus(std::string_view broker)
    : Bus([&] {
        Options options;
        options.broker = broker;
        return options;
      }()) {}

Bus::Bus(Options options)
    : timeout_(positive(options.timeout)),
      connection_(std::make_unique<Connection>(connection_options(std::move(options)),
                                               ConnectionEvents{})) {}

Bus::~Bus() = default;

const std::string& Bus::broker() const noexcept {
  return connection_->options().endpoint;
}

bool Bus::connected() const noexcept {
  return connection_->ready();
}

bool Bus::wait_connected(std::chrono::milliseconds longest) {
  return connection_->wait_until_resolved(std::chrono::steady_clock::now() + longest);
}

}  // namespace rmi
