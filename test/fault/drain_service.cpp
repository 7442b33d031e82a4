// The service of the drain test: a ledger under each of the names, also for direct calls.
//
//   drain-service FILE HOLD_MS safe|shared NAME...
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <rmi/daemon.hpp>

#include "drain_ledger.hpp"

namespace fault {

/// One write to a file opened to append is whole, also among several processes.
std::uint64_t Ledger::enter(std::uint64_t number) {
  const std::string line = std::to_string(number) + "\n";
  const int fd = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, line.data(), line.size()) == std::ssize(line);
  ::close(fd);
  if (!written) throw std::runtime_error("cannot write to " + file_);
  return number;
}

std::string Ledger::hold(const std::string& pipe) {
  std::cout << "holding" << std::endl;
  std::ifstream file(pipe);  // opens when somebody writes
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace fault

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  rmi::Daemon::Options daemon_options;
  daemon_options.listen = "tcp://127.0.0.1:*";
  rmi::Daemon daemon(daemon_options);
  rmi::ServeOptions options{.concurrent = true};
  options.hold = std::chrono::milliseconds(std::stoi(argv[2]));
  if (std::string_view(argv[3]) == "shared") options.mode = rmi::NameMode::shared;
  for (int at = 4; at < argc; ++at)
    daemon.serve(argv[at], std::make_shared<fault::Ledger>(argv[1]), options);
  std::cout << "Ready" << std::endl;
  daemon.run();
}
