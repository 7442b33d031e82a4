// One connection that has greeted, and the calls that hang on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "bus/control.hpp"
#include "ns/principals.hpp"
#include "ns/registration.hpp"

namespace rmi::ns {

/// Handle of one connection, never given twice by one broker. Same numbers as Owner.
using Peer = Owner;

/// Calls linked through their own members; CallTable keeps it.
struct CallChain {
  std::uint64_t first = 0;  ///< id of a call; 0 = none
  std::size_t size = 0;
};

/// Oneway calls and answers to one peer. Nothing says that they have left this process, so that a
/// ping in between does: its call id is what was sent up to it.
struct UnreadFlow {
  std::uint64_t sent = 0;          ///< bytes
  std::uint64_t marked = 0;        ///< bytes before the last ping
  std::uint64_t confirmed = 0;     ///< bytes before the last pong
  std::optional<Time> over_since;  ///< it had too much and has read nothing since
  std::uint64_t unconfirmed() const noexcept { return sent - confirmed; }
};

/// A connection of the operating system.
struct Link {
  int fd = -1;               ///< -1: not known
  std::uint64_t cookie = 0;  ///< tells whether the descriptor still is that connection's
};

/// Where a session comes from, as far as the transport knows.
struct Origin {
  std::string address;                  ///< "127.0.0.1", or "ipc:PID"
  std::string principal = "anonymous";  ///< "uid:1000" over ipc, "key:NAME" with a key
  Link link{};
};

/// Both a caller and a daemon, as it likes. Its address stays the same as long as it lives.
struct Session {
  Peer peer = nobody;
  SessionId id{};
  std::uint32_t number = 0;  ///< what other peers know it by; never 0
  std::string label;         ///< "greeter[4711] on alpha"
  std::string program;       ///< these two fit for a log
  std::string host;
  std::uint32_t pid = 0;
  Origin origin;
  std::size_t max_message = 0;  ///< largest frame that it accepts
  bool bundles = false;         ///< it takes them
  bool lapsed = false;          ///< its names were dropped because it did not renew them
  CallChain calls_made;         ///< in flight, made by it
  CallChain calls_taken;        ///< in flight, given to it
  std::size_t bytes_made = 0;   ///< size of the frames of calls_made
  std::size_t bytes_taken = 0;  ///< size of the frames of calls_taken
  std::size_t parked = 0;       ///< calls of it that wait for a name
  std::uint64_t messages = 0;   ///< that came from it
  std::uint64_t heard = 0;      ///< messages at the last look for silent callers
  int silent_looks = 0;         ///< in a row
  RegistrationPtr own;          ///< stands for its private objects; null until one is called
  UnreadFlow unread;            ///< sent to it
  PrincipalUsage* principal = nullptr;  ///< null only outside of a routing core
  RateMeter registrations;
  std::set<std::uint32_t> watches;   ///< sessions whose end it wants to know
  std::size_t owed = 0;              ///< ends that it could not be told yet
  std::set<std::uint32_t> watchers;  ///< sessions that want to know its end
  /// Which registration it stays with, by name.
  std::map<std::string, RegistrationPtr, std::less<>> sticky;
};

}  // namespace rmi::ns
