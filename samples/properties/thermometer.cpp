// Properties: `thermometer serve` serves one, `thermometer` reads and sets its attributes.
#include "thermometer.hpp"

#include <iostream>
#include <string_view>

#include <rmi/rmi.hpp>

void serve() {
  rmi::Daemon daemon;
  daemon.serve("thermometer", std::make_shared<Thermometer>());
  daemon.run();
}

void use() {
  rmi::Bus bus;
  const auto thermometer = rmi::Proxy<Thermometer>(bus, "thermometer").waiting();

  std::cout << thermometer->serial() << " in the " << thermometer->room() << ": "
            << thermometer->degrees() << '\n';
  thermometer->room("sauna");
  thermometer->degrees(85);
  std::cout << "in the " << thermometer->room() << ": " << thermometer->degrees()
            << (thermometer->hot() ? ", hot\n" : ", not hot\n");

  try {
    thermometer->degrees(-300);
  } catch (const std::invalid_argument& error) {  // thrown by the setter, over there
    std::cout << "refused: " << error.what() << '\n';
  }
  try {
    rmi::AnyProxy(bus, "thermometer").set("hot", false);  // a Proxy would not even compile
  } catch (const rmi::MethodNotFound& error) {
    std::cout << error.what() << '\n';
  }
}

int main(int argc, char** argv) {
  argc > 1 && std::string_view(argv[1]) == "serve" ? serve() : use();
}
