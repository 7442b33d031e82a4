// The object `rmi.broker`: how the broker is doing, for callers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <rmi/broker_control.hpp>

#include "ns/limit_report.hpp"
#include "ns/mirror.hpp"
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
    bool drains_on_request = false;                       ///< see Broker::Options
    std::function<std::uint64_t()> log_lines_left_out{};  ///< empty for none
    VisitLanes visit_others{};                            ///< further lanes; empty for none
  };

  using Report = std::function<void(LimitReport&)>;
  /// Borrows routing, registry and limits. @param report  adds what all parts of the broker know.
  ControlObject(Routing& routing, const Registry& registry, Facts facts, const Limits& limits,
                Report report)
      : routing_(routing),
        registry_(registry),
        facts_(std::move(facts)),
        limits_(limits),
        report_(std::move(report)) {}
  /// Whose call the next one is.
  void set_caller(const LocalCaller& caller) noexcept { now_ = caller.now; }

  BrokerInfo info() override;
  SessionInfo session(std::uint32_t number) override;
  std::vector<NameStats> stats(const std::string& prefix) override;
  std::vector<std::string> drain(const std::string& what) override;
  std::vector<LimitInfo> limits() override;
  void ping() override {}

 private:
  void visit_others(const VisitLane& visit) const;
  void drain_broker();
  std::vector<std::string> drain_name(const Registry::Registrations& entries);
  std::string drain_daemon(const std::string& what);

  Routing& routing_;
  const Registry& registry_;
  const Facts facts_;
  const Limits& limits_;
  const Report report_;
  Time now_;
};

}  // namespace rmi::ns
