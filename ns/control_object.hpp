// The object `rmi.broker`: how the broker is doing, for callers.
#pragma once

#include <string>
#include <vector>

#include <rmi/broker_control.hpp>

#include "ns/registry.hpp"
#include "ns/routing.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

/// Thread safety: one thread at a time.
class ControlObject final : public BrokerControl {
 public:
  struct Facts {
    std::string version{};
    std::string process{};
    std::uint64_t epoch = 0;
    std::vector<std::string> endpoints{};
    Time start{};
  };

  /// Borrows routing and registry.
  ControlObject(const Routing& routing, const Registry& registry, Facts facts)
      : routing_(routing), registry_(registry), facts_(std::move(facts)) {}
  /// Whose call the next one is.
  void set_caller(const LocalCaller& caller) noexcept { now_ = caller.now; }

  BrokerInfo info() override;
  void ping() override {}

 private:
  const Routing& routing_;
  const Registry& registry_;
  const Facts facts_;
  Time now_;
};

}  // namespace rmi::ns
