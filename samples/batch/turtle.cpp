// Many calls in one message: `turtle serve` serves a turtle, `turtle` walks it around.
#include "turtle.hpp"

#include <iostream>
#include <string_view>

#include <rmi/rmi.hpp>

void serve() {
  rmi::Daemon daemon;
  daemon.serve("turtle", std::make_shared<Turtle>());
  daemon.run();
}

std::ostream& operator<<(std::ostream& out, const Position& position) {
  return out << '(' << position.x << ", " << position.y << ')';
}

void walk() {
  rmi::Bus bus;
  const auto turtle = rmi::Proxy<Turtle>(bus, "turtle").waiting();

  rmi::Batch<Turtle> batch(turtle);
  batch->home();
  auto half = batch->walk(3, 4);
  auto whole = batch->walk(3, 4);
  batch.run();  // one message there, one back
  std::cout << half.get() << " then " << whole.get() << '\n';

  auto good = batch->walk(1, 0);
  auto bad = batch->walk(100, 0);
  auto never = batch->walk(1, 0);
  batch.run();  // in order, and not beyond the first that fails
  std::cout << "good: " << good.get() << '\n';
  try {
    bad.get();
  } catch (const std::out_of_range& error) {
    std::cout << "bad: " << error.what() << '\n';
  }
  try {
    never.get();
  } catch (const rmi::Cancelled& error) {
    std::cout << "never: " << to_string(error.outcome()) << '\n';
  }

  batch->home();
  batch->walk(1, 1);
  batch.post();  // nobody waits
  std::cout << "at " << turtle->where() << '\n';
}

int main(int argc, char** argv) {
  argc > 1 && std::string_view(argv[1]) == "serve" ? serve() : walk();
}
