// A calculator: structs, containers and exceptions over the bus.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <rmi/interface.hpp>

namespace calculator {

/// Count, mean and extremes of a list of numbers.
struct Summary {
  std::uint64_t count = 0;
  double mean = 0;
  double smallest = 0;
  double largest = 0;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(count), CEREAL_NVP(mean), CEREAL_NVP(smallest), CEREAL_NVP(largest));
  }
};

/// One line of a bill.
struct Item {
  std::string name;
  int pieces = 0;
  double price = 0;  ///< of one piece

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(pieces), CEREAL_NVP(price));
  }
};

class Calculator {
 public:
  double add(double a, double b) const { return a + b; }
  /// @throws std::domain_error  b is zero.
  double divide(double a, double b) const;
  /// @throws std::invalid_argument  there are no numbers.
  Summary summarize(const std::vector<double>& numbers) const;
  /// What is paid for each article, over all its lines.
  std::map<std::string, double> totals(const std::vector<Item>& bill) const;
};

RMI_INTERFACE(Calculator, add, (divide, rmi::doc("Quotient of two numbers"), rmi::params("a", "b")),
              (summarize, rmi::doc("Count, mean and extremes"), rmi::params("numbers")),
              (totals, rmi::doc("What is paid for each article"), rmi::params("bill")))
}  // namespace calculator
