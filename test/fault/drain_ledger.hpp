// What the programs of the drain test serve and call: an object that writes down each call.
#pragma once

#include <cstdint>
#include <string>

#include <rmi/interface.hpp>

namespace fault {

class Ledger {
 public:
  explicit Ledger(std::string file) : file_(std::move(file)) {}
  Ledger() = default;
  /// Writes the number down, so that a call that runs twice shows, and returns it.
  std::uint64_t enter(std::uint64_t number);
  /// Prints "holding" and returns when somebody has written a line to the pipe: that line.
  std::string hold(const std::string& pipe);

 private:
  std::string file_;
};

RMI_INTERFACE(Ledger, enter, hold)

}  // namespace fault
