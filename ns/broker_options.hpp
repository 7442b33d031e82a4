// The command line and the configuration file of rmi-broker.
#pragma once

#include <iosfwd>
#include <variant>

#include <rmi/log.hpp>

#include "ns/broker.hpp"

namespace rmi::ns {

struct BrokerProgram {
  Broker::Options broker;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  std::string store;     ///< file of durable names; empty for none
  bool salvage = false;  ///< repair that file instead of running
};

/// Reads the command line. What needs no broker (--help, --version, --print-config, a mistake) is
/// done right here.
/// @return what to run, or the exit code.
std::variant<BrokerProgram, int> parse_command_line(int argc, const char* const* argv,
                                                    std::ostream& out, std::ostream& err);

}  // namespace rmi::ns
