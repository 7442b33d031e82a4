// Collects what the broker knows about itself.
#include "ns/control_object.hpp"

#include <cctype>
#include <chrono>

#include <rmi/errors.hpp>

namespace rmi::ns {
namespace {

std::map<std::string, std::uint64_t> by_name(const Counters& counters) {
  std::map<std::string, std::uint64_t> named{{"accepted", counters.accepted},
                                             {"cancelled", counters.cancelled},
                                             {"expired", counters.expired},
                                             {"forged", counters.forged},
                                             {"late", counters.late},
                                             {"local", counters.local},
                                             {"lost", counters.lost},
                                             {"malformed", counters.malformed},
                                             {"parked", counters.parked},
                                             {"replied", counters.replied},
                                             {"sessions", counters.sessions},
                                             {"strangers", counters.strangers},
                                             {"undeliverable", counters.undeliverable}};
  for (std::size_t code = 0; code < counters.refused.size(); ++code)
    if (counters.refused[code] != 0)
      named.emplace("refused." + std::string(to_string(static_cast<ErrorCode>(code))),
                    counters.refused[code]);
  return named;
}

}  // namespace

BrokerInfo ControlObject::info() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  BrokerInfo info;
  info.version = facts_.version;
  info.process = facts_.process;
  info.epoch = facts_.epoch;
  info.endpoints = facts_.endpoints;
  info.uptime = duration_cast<milliseconds>(now_ - facts_.start);
  info.lease = duration_cast<milliseconds>(registry_.lease());
  info.sessions = routing_.sessions();
  info.names = registry_.names();
  info.in_flight = routing_.in_flight();
  info.waiting = routing_.parked();
  info.counters = by_name(routing_.counters());
  return info;
}

}  // namespace rmi::ns
