// Serves a calculator under the name "calculator".
#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>
#include <stdexcept>

#include <rmi/daemon.hpp>

#include "calculator.hpp"

namespace calculator {

double Calculator::divide(double a, double b) const {
  if (b == 0) throw std::domain_error("division by zero");
  return a / b;
}

Summary Calculator::summarize(const std::vector<double>& numbers) const {
  if (numbers.empty()) throw std::invalid_argument("no numbers to summarize");
  const auto [smallest, largest] = std::minmax_element(numbers.begin(), numbers.end());
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  return {.count = numbers.size(),
          .mean = sum / static_cast<double>(numbers.size()),
          .smallest = *smallest,
          .largest = *largest};
}

std::map<std::string, double> Calculator::totals(const std::vector<Item>& bill) const {
  std::map<std::string, double> totals;
  for (const Item& item : bill)
    totals[item.name] += item.pieces * item.price;
  return totals;
}

}  // namespace calculator

int main() {
  rmi::Daemon daemon;
  const auto uri = daemon.serve("calculator", std::make_shared<calculator::Calculator>());
  std::cout << "Ready. Object uri = " << uri << std::endl;
  daemon.run();
}
