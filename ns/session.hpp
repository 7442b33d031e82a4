// One connection that has greeted, and the calls that hang on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bus/control.hpp"
#include "ns/registration.hpp"

namespace rmi::ns {

/// Handle of one connection, never given twice by one broker. Same numbers as Owner.
using Peer = Owner;

/// Calls linked through their own members; CallTable keeps it.
struct CallChain {
  std::uint64_t first = 0;  ///< id of a call; 0 = none
  std::size_t size = 0;
};

/// Both a caller and a daemon, as it likes. Its address stays the same as long as it lives.
struct Session {
  Peer peer = nobody;
  SessionId id{};
  std::string label;            ///< "greeter[4711] on alpha"
  std::size_t max_message = 0;  ///< largest frame that it accepts
  bool lapsed = false;          ///< its names were dropped because it did not renew them
  CallChain calls_made;         ///< in flight, made by it
  CallChain calls_taken;        ///< in flight, given to it
  std::size_t bytes_made = 0;   ///< size of the frames of calls_made
  std::size_t bytes_taken = 0;  ///< size of the frames of calls_taken
  std::size_t parked = 0;       ///< calls of it that wait for a name
};

}  // namespace rmi::ns
