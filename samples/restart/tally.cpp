// A service that can be replaced while it is called: `tally serve`, run by tally.service; `tally`
// calls it until its input ends.
#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <rmi/rmi.hpp>

class Tally {
 public:
  std::uint64_t next() { return ++count_; }

 private:
  std::atomic<std::uint64_t> count_{0};
};
RMI_INTERFACE(Tally, next)

void serve() {
  using namespace std::chrono_literals;
  rmi::Daemon daemon;
  // While nobody serves the name, callers wait for the next one that does, for half a minute.
  daemon.serve("tally", std::make_shared<Tally>(), {.hold = 30s});
  std::cout << "Ready" << std::endl;
  daemon.run();  // until SIGTERM; then gives the name back, ends the calls it has, and returns
}

void call() {
  rmi::Bus bus;
  const auto tally = rmi::Proxy<Tally>(bus, "tally").waiting();
  std::atomic<bool> done{false};
  std::thread reader([&] {
    for (std::string line; std::getline(std::cin, line);) {
    }
    done = true;
  });
  std::uint64_t last = 0;
  int services = 0;
  while (!done) {
    const std::uint64_t number = tally->next();  // an error would end the program
    if (number <= last || services == 0) std::cout << "service number " << ++services << std::endl;
    last = number;
  }
  reader.join();
  std::cout << "no call was lost" << std::endl;
}

int main(int argc, char** argv) {
  argc > 1 && std::string_view(argv[1]) == "serve" ? serve() : call();
}
