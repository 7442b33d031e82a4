// Uses the calculator, and catches what it throws as if it had been thrown here.
#include <iostream>
#include <stdexcept>

#include <rmi/bus.hpp>
#include <rmi/errors.hpp>
#include <rmi/proxy.hpp>

#include "calculator.hpp"

int main() {
  rmi::Bus bus;
  rmi::Proxy<calculator::Calculator> calculator(bus, "calculator");

  std::cout << "2 + 3 = " << calculator->add(2, 3) << '\n';

  const auto summary = calculator->summarize({1, 2, 3, 6});
  std::cout << summary.count << " numbers, mean " << summary.mean << ", from " << summary.smallest
            << " to " << summary.largest << '\n';

  const auto totals = calculator->totals({{"tea", 2, 1.5}, {"cake", 1, 4}, {"tea", 1, 1.5}});
  for (const auto& [name, total] : totals)
    std::cout << name << ": " << total << '\n';

  try {
    calculator->divide(1, 0);
  } catch (const std::domain_error& error) {
    std::cout << "1 / 0: " << error.what() << '\n';
    if (const auto* remote = dynamic_cast<const rmi::RemoteInfo*>(&error)) {
      std::cout << "thrown by " << remote->object << '.' << remote->method << '\n';
    }
  }
}
