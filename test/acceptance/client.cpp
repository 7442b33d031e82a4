// One C++ client that lives as long as its stdin: each line there is a call, each line on stdout
// what came of it.
//
//   greet NAME       prints the greeting
//   greet-bytes N    greets a name of N bytes, and prints "same" when all of them came back
//   parcel           sends the sample parcel, and prints "same" when it came back bit for bit
//   divide A B       prints the quotient
#include <cstddef>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <rmi/bus.hpp>
#include <rmi/errors.hpp>
#include <rmi/proxy.hpp>

#include "desk.hpp"

namespace {

using DeskProxy = rmi::Proxy<desk::Desk>;

std::string greet_bytes(const DeskProxy& desk, std::size_t size) {
  std::string name(size, ' ');
  for (std::size_t i = 0; i < size; ++i)
    name[i] = static_cast<char>('a' + i % 23);
  return desk->welcome_message(name) == "Hi welcome " + name ? "same" : "different";
}

std::string obey(const DeskProxy& desk, const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "greet") return desk->welcome_message(line.substr(verb.size() + 1));
  if (verb == "parcel")
    return same(desk->forward(desk::sample_parcel()), desk::sample_parcel()) ? "same" : "different";
  if (verb == "greet-bytes") {
    std::size_t size = 0;
    words >> size;
    return greet_bytes(desk, size);
  }
  if (verb == "divide") {
    double a = 0;
    double b = 0;
    words >> a >> b;
    std::ostringstream quotient;
    quotient << desk->divide(a, b);
    return quotient.str();
  }
  return "there is no '" + verb + "'";
}

std::string answer(const DeskProxy& desk, const std::string& line) {
  try {
    return obey(desk, line);
  } catch (const std::domain_error& error) {
    return std::string("caught std::domain_error: ") + error.what();
  } catch (const rmi::Error& error) {
    return "caught " + std::string(to_string(error.code())) + ": " + error.what();
  } catch (const std::exception& error) {
    return std::string("caught something else: ") + error.what();
  }
}

}  // namespace

int main() {
  rmi::Bus bus;
  const DeskProxy desk(bus, "desk");
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer(desk, line) << std::endl;
}
