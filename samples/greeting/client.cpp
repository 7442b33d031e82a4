// Calls the greeting as if it were local.
#include <iostream>

#include <rmi/bus.hpp>
#include <rmi/proxy.hpp>

#include "greeter.hpp"

int main(int argc, char** argv) {
  rmi::Bus bus;
  rmi::Proxy<Server> server(bus, "server");
  std::cout << server->welcome_message(argc > 1 ? argv[1] : "Rashmi") << '\n';
}
