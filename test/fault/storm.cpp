// A crowd for the load test: callers and daemons in one process, each with a connection of its own.
//
//   storm CALLERS DAEMONS
//
// Each line on stdin is answered with "called" and the line as soon as every caller has made a call
// since; the daemons take turns.
#include <cstdint>
#include <deque>
#include <iostream>
#include <memory>
#include <string>

#include <rmi/bus.hpp>
#include <rmi/daemon.hpp>
#include <rmi/interface.hpp>
#include <rmi/proxy.hpp>

namespace fault {

class Shelter {
 public:
  std::uint64_t same(std::uint64_t number) { return number; }
};

RMI_INTERFACE(Shelter, (same, rmi::idempotent))

}  // namespace fault

namespace {

std::string name_of(std::size_t number) {
  return "storm." + std::to_string(number);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::deque<rmi::Bus> callers(std::stoul(argv[1]));
  std::deque<rmi::Daemon> daemons;
  rmi::Daemon::Options options;
  options.threads = 1;
  for (std::size_t at = 0; at < std::stoul(argv[2]); ++at)
    daemons.emplace_back(options).serve(name_of(at), std::make_shared<fault::Shelter>());
  std::cout << "Ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    for (std::size_t at = 0; at < callers.size(); ++at) {
      const rmi::Proxy<fault::Shelter> shelter(callers[at], name_of(at % daemons.size()));
      if (shelter.with_timeout(std::chrono::minutes(5))->same(at) != at) return 1;
    }
    std::cout << "called " << line << std::endl;
  }
}
