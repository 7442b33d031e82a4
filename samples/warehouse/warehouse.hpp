// A warehouse: an ordinary class, which is the same in all three phases of the tutorial.
#pragma once

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

class Warehouse {
 public:
  const std::vector<std::string>& contents() const { return contents_; }

  void store(const std::string& visitor, const std::string& thing) {
    contents_.push_back(thing);
    std::cout << visitor << " stored the " << thing << '.' << std::endl;
  }

  /// @throws std::invalid_argument  it is not here.
  void take(const std::string& visitor, const std::string& thing) {
    const auto found = std::find(contents_.begin(), contents_.end(), thing);
    if (found == contents_.end()) throw std::invalid_argument("there is no " + thing + " here");
    contents_.erase(found);
    std::cout << visitor << " took the " << thing << '.' << std::endl;
  }

 private:
  std::vector<std::string> contents_{"chair", "bike", "flashlight", "laptop", "couch"};
};
