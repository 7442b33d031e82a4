// Catches what the service throws as if it were thrown here.
#include <iostream>

#include <rmi/bus.hpp>
#include <rmi/errors.hpp>
#include <rmi/proxy.hpp>

#include "settings.hpp"

int main() {
  rmi::Bus bus;
  const auto settings = rmi::Proxy<Settings>(bus, "settings").waiting();

  try {
    settings->load("width = 3\nheight: 4\n");
  } catch (const SyntaxError& error) {
    std::cout << "line " << error.line << ": " << error.what() << ", not '" << error.found << "'\n";
  }

  try {
    settings->get("depth");
  } catch (const std::out_of_range&) {
    std::cout << "no depth\n";
  }

  try {
    settings->load_file("nowhere.txt");
  } catch (const rmi::RemoteInfo& error) {  // all of them are this as well
    std::cout << error.object << '.' << error.method << ": " << error.text << '\n';
    for (const auto& cause : error.causes)
      std::cout << "  because " << cause.type << ": " << cause.text << '\n';
  }

  auto height = settings.async()->get("height").on_error([](const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::out_of_range&) {
      return 1.0;
    }
  });
  std::cout << "height " << height.get() << ", width " << settings->get("width") << '\n';
}
