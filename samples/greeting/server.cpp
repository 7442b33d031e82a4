// Serves one Server under the name "server" at the broker of $RMI_BROKER.
#include <iostream>
#include <memory>

#include <rmi/daemon.hpp>

#include "greeter.hpp"

int main() {
  rmi::Daemon daemon;
  const auto uri = daemon.serve("server", std::make_shared<Server>());
  std::cout << "Ready. Object uri = " << uri << std::endl;
  daemon.run();  // until SIGINT or SIGTERM, then finishes the calls it has
}
