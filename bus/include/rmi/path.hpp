// The way that a call takes to its object.
#pragma once

#include <cstdint>

namespace rmi {

/// Which way to prefer. A way that is not there is not an error: the call goes through the broker.
/// So do calls of a bus or daemon with Options::threads = 0 that would go straight to a daemon.
enum class Path : std::uint8_t {
  brokered,    ///< through the broker
  direct,      ///< straight to the daemon, if it listens (Daemon::Options::listen)
  in_process,  ///< without any socket, if the object is served by this process
  nearest,     ///< in_process, else direct
};

}  // namespace rmi
