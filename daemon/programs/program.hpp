// What rmi-echo and rmi-serve have in common: their options, and how they run and end.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <rmi/daemon.hpp>

namespace CLI {
class App;
}

namespace rmi::programs {

/// The command line makes no sense; what() says why.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How a program serves its objects.
struct ServingOptions {
  std::string broker{};
  std::string listen{};
  std::vector<std::string> tags{};
  std::size_t threads = 4;
  std::chrono::milliseconds::rep grace_ms = 10'000;
  std::chrono::milliseconds::rep hold_ms = 0;
  std::chrono::milliseconds::rep heartbeat_ms = 6000;
  std::size_t kept_replies = 0;
  bool concurrent = false;
  bool shared = false;
  bool replace = false;
  bool sticky = false;
  bool verbose = false;

  void add_to(CLI::App& app);
  Daemon::Options daemon() const;
  /// @throws UsageError  options that exclude each other.
  ServeOptions serve() const;
};

/// Prints the line that says that an object can be called.
void print_ready(const Uri& uri);

/// Reads the command line and runs the program.
/// @return its exit code.
int run_program(CLI::App& app, int argc, const char* const* argv,
                const std::function<void()>& body);

}  // namespace rmi::programs
