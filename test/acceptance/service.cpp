// The service of the acceptance tests.
//
//   acceptance-service [--durable] NAME...   serves a desk under each of these names
//   acceptance-service --many N  serves one under N names: room.0, room.1 ... with tags
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <rmi/daemon.hpp>

#include "desk.hpp"

namespace desk {

double Desk::divide(double a, double b) {
  if (b == 0) throw std::domain_error("division by zero");
  return a / b;
}

std::string Desk::hold(const std::string& pipe) {
  std::cout << "holding" << std::endl;
  std::ifstream file(pipe);  // opens when somebody writes
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace desk

namespace {

rmi::ServeOptions room_options(int number) {
  return {.concurrent = true,
          .tags = {"room", "floor" + std::to_string(number % 10), number % 2 ? "odd" : "even"}};
}

}  // namespace

int main(int argc, char** argv) {
  rmi::Daemon daemon;
  const auto object = std::make_shared<desk::Desk>();
  if (argc == 3 && std::string_view(argv[1]) == "--many") {
    const int count = std::stoi(argv[2]);
    for (int i = 0; i < count; ++i)
      daemon.serve("room." + std::to_string(i), object, room_options(i));
  } else {
    const bool durable = argc > 1 && std::string_view(argv[1]) == "--durable";
    for (int i = durable ? 2 : 1; i < argc; ++i)
      daemon.serve(argv[i], object, {.concurrent = true, .durable = durable});
  }
  std::cout << "Ready" << std::endl;
  daemon.run();
}
