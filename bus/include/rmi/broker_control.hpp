// The broker as callers see it: the object `rmi.broker` of every broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <rmi/interface.hpp>

namespace rmi {

/// How a broker is doing.
struct BrokerInfo {
  std::string version;
  std::string process;                 ///< program, process id and host
  std::uint64_t epoch = 0;             ///< random number of this run
  std::vector<std::string> endpoints;  ///< where it listens
  std::chrono::milliseconds uptime{0};
  std::chrono::milliseconds lease{0};             ///< how long names live without renewal
  std::uint64_t sessions = 0;                     ///< connected callers and daemons
  std::uint64_t names = 0;                        ///< its own included
  std::uint64_t in_flight = 0;                    ///< calls that are with daemons now
  std::uint64_t waiting = 0;                      ///< calls that wait for a name
  std::map<std::string, std::uint64_t> counters;  ///< since the start, by what happened

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(version), CEREAL_NVP(process), CEREAL_NVP(epoch), CEREAL_NVP(endpoints),
       CEREAL_NVP(uptime), CEREAL_NVP(lease), CEREAL_NVP(sessions), CEREAL_NVP(names),
       CEREAL_NVP(in_flight), CEREAL_NVP(waiting), CEREAL_NVP(counters));
  }
};

/// Use it through `rmi::Proxy<rmi::BrokerControl>(bus, "rmi.broker")`.
class BrokerControl {
 public:
  virtual ~BrokerControl() = default;
  virtual BrokerInfo info() = 0;
  /// Does nothing: a sign of life.
  virtual void ping() = 0;
};

RMI_INTERFACE(BrokerControl,
              (info, rmi::doc("Version, endpoints, load and counters of this broker.")),
              (ping, rmi::doc("Does nothing: a sign of life.")));

}  // namespace rmi
