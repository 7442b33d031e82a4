// A chat: `chat serve` opens a room, `chat NAME` enters it. What is typed is said.
#include <iostream>
#include <memory>

#include <rmi/rmi.hpp>

#include "room.hpp"

void serve() {
  rmi::Daemon daemon;
  daemon.serve("room", std::make_shared<Room>());
  daemon.run();
}

void chat(const std::string& name) {
  rmi::Bus bus;
  const auto room = rmi::Proxy<Room>(bus, "room").waiting();
  room->enter(name, [](const std::string& text) { std::cout << text << std::endl; });
  for (std::string line; std::getline(std::cin, line);)
    room->say(line);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string who = argv[1];
  try {
    who == "serve" ? serve() : chat(who);
  } catch (const std::invalid_argument& error) {
    std::cout << error.what() << '\n';
    return 1;
  }
}
