// The greeting in one process: broker, service and caller, with no second program to start.
#include <iostream>
#include <memory>

#include <rmi/embedded_broker.hpp>
#include <rmi/rmi.hpp>

#include "greeter.hpp"

int main() {
  rmi::EmbeddedBroker broker;  // on a free port of the loopback
  rmi::Daemon daemon({.broker = broker.endpoint()});
  daemon.serve("server", std::make_shared<Server>());

  rmi::Bus bus({.broker = broker.endpoint()});
  rmi::Proxy<Server> server(bus, "server");
  std::cout << server->welcome_message("Rashmi") << '\n';
}
