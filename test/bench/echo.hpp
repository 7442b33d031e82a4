// The objects that the benchmarks call.
#pragma once

#include <cstdint>
#include <latch>
#include <string>

#include <rmi/rmi.hpp>

namespace bench {

class Echo {
 public:
  std::string echo(const std::string& text) { return text; }
  rmi::Blob blob(const rmi::Blob& bytes) { return bytes; }
  void note(const std::string& /*text*/) { ++noted_; }
  /// How many notes have come so far.
  std::uint64_t noted() const { return noted_; }
  rmi::Stream<std::int32_t> items(std::int32_t count) {
    for (std::int32_t i = 0; i < count; ++i)
      co_yield i;
  }

 private:
  std::uint64_t noted_ = 0;
};
RMI_INTERFACE(Echo, echo, blob, (note, rmi::oneway), noted, items)

/// Calls that stay until somebody opens the gate: one inside, the others in the daemon's queue.
class Gate {
 public:
  void pass() { open_.wait(); }
  void open() { open_.count_down(); }

 private:
  std::latch open_{1};
};
RMI_INTERFACE(Gate, pass)

/// The other side of it, because a served object takes one call at a time.
class Key {
 public:
  explicit Key(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
  void turn() { gate_->open(); }

 private:
  std::shared_ptr<Gate> gate_;
};
RMI_INTERFACE(Key, turn)

}  // namespace bench
