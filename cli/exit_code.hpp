// What the exit status of rmi-call, rmi-ns and rmi-bench says.
#pragma once

#include <cstdint>

namespace rmi::cli {

/// Part of what scripts rely on: values do not change.
enum class ExitCode : std::uint8_t {
  done = 0,
  threw = 1,          ///< the method ran and threw
  usage = 2,          ///< the command line makes no sense
  not_found = 3,      ///< no such name or method, or nothing matched
  timeout = 4,        ///< the deadline passed
  not_reachable = 5,  ///< no broker, a connection that broke, or a peer of another kind
  denied = 6,         ///< the principal may not do that
  bad_call = 7,       ///< arguments or signature do not fit, or the message is too large
  refused = 8,        ///< not now: overloaded, draining, or the name is taken
  broken = 9,         ///< a fault of the program or of this machine, such as a full disk
  interrupted =
      130,  ///< Ctrl-C ended a stream, or rmi-bench; what shells say of a program that SIGINT ends
};

}  // namespace rmi::cli
