// A class of another library on the bus: `plotter serve` serves it, `plotter` draws.
#include <iostream>
#include <memory>
#include <string_view>

#include <rmi/rmi.hpp>

#include "plotter_interface.hpp"

void serve() {
  rmi::Daemon daemon;
  daemon.serve("plotter", std::make_shared<acme::Plotter>());
  daemon.run();
}

void draw() {
  rmi::Bus bus;
  const auto plotter = rmi::Proxy<acme::Plotter>(bus, "plotter").waiting();

  try {
    plotter->draw_to({1, 1});
  } catch (const std::logic_error& error) {
    std::cout << error.what() << '\n';
  }
  plotter->pen(2);
  plotter->draw_to({3, 4});
  const acme::Point at = plotter->position();
  std::cout << "pen " << plotter->pen() << " at " << at.x << ", " << at.y << '\n';
  std::cout << plotter->ink() << " m of ink\n";
}

int main(int argc, char** argv) {
  argc > 1 && std::string_view(argv[1]) == "serve" ? serve() : draw();
}
