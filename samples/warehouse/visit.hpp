// Somebody visits a warehouse, which may be here or far away.
#pragma once

#include <iostream>
#include <stdexcept>
#include <string>

/// @param warehouse  what `->` leads to a warehouse from: a pointer, or a proxy.
template <class Pointer>
void visit(const std::string& name, const Pointer& warehouse) {
  std::cout << "This is " << name << ".\nThe warehouse has:";
  for (const std::string& thing : warehouse->contents())
    std::cout << ' ' << thing;
  std::cout << '\n';

  std::string thing;
  std::cout << "What to store? " << std::flush;
  if (std::getline(std::cin, thing) && !thing.empty()) warehouse->store(name, thing);
  std::cout << "What to take? " << std::flush;
  if (std::getline(std::cin, thing) && !thing.empty()) {
    try {
      warehouse->take(name, thing);
    } catch (const std::invalid_argument& error) {
      std::cout << "Sorry, " << error.what() << ".\n";
    }
  }
  std::cout << "Thank you, come again!\n";
}
