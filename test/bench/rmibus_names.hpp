// What the suite asks of the broker itself: names, and connections that do nothing.
#pragma once

#include <memory>
#include <string>

#include <rmi/bus.hpp>

#include "test/bench/client.hpp"

namespace bench {

class RmibusNames {
 public:
  RmibusNames();
  ~RmibusNames();
  RmibusNames(const RmibusNames&) = delete;
  RmibusNames& operator=(const RmibusNames&) = delete;

  /// `register CALLS WINDOW`: enters so many names more. `lookup CALLS`: one after the other, of
  /// those. `idle - N`: N more connections that greet and do nothing else.
  std::string run(rmi::Bus& bus, const Order& order);

 private:
  std::string enter(rmi::Bus& bus, const Order& order);
  std::string lookup(rmi::Bus& bus, const Order& order) const;
  std::string idle(const std::string& broker, std::size_t count);

  struct Connections;
  std::size_t entered_ = 0;
  std::unique_ptr<Connections> connections_;
};

}  // namespace bench
