// Limits of a broker. Each field names the attack, or the accident, that it stops.
#pragma once

#include <cstddef>
#include <cstdint>

#include <rmi/limits.hpp>

namespace rmi::ns {

/// What the name server may be asked to remember.
struct RegistryLimits {
  /// Memory that fills with names, whoever enters them.
  std::size_t names = 1'000'000;
  /// One session that takes all the names there are.
  std::size_t names_per_session = 100'000;
  /// Entries without a lease: nothing but an order removes them, so nobody else cleans up.
  std::size_t static_names = 100'000;
  /// A name of a few bytes that carries megabytes of tags.
  std::size_t tags_per_name = 64;
  /// The same through the other texts of an offer (interface, target), in bytes each.
  std::size_t text_length = 1024;
  /// A chain of aliases that costs every call a long walk.
  std::size_t alias_hops = 8;
  /// A pattern that a matcher chews on for hours: longest pattern in bytes ...
  std::size_t pattern_length = 255;
  /// ... and bytes of names times states of the pattern that one request may visit.
  std::uint64_t pattern_work = 200'000'000;
};

/// What one broker carries at a time.
struct Limits {
  RegistryLimits registry;
  /// Connections that greet and then only hold memory.
  std::size_t sessions = 20'000;
  /// A caller that sends without reading the answers.
  std::size_t in_flight_per_caller = 8192;
  /// The same in bytes: few calls, each of them huge.
  std::size_t bytes_per_caller = std::size_t{512} << 20U;
  /// A daemon that takes calls and answers none.
  std::size_t in_flight_per_daemon = 8192;
  /// The same in bytes.
  std::size_t bytes_per_daemon = std::size_t{512} << 20U;
  /// Calls that wait for names that never come ...
  std::size_t parked_calls = 10'000;
  /// ... one caller with all of them ...
  std::size_t parked_per_caller = 1024;
  /// ... and their bytes.
  std::size_t parked_bytes = std::size_t{256} << 20U;
  /// Largest frame that is received or passed on; libzmq ends a connection that sends more.
  std::size_t max_message = default_max_message;
};

}  // namespace rmi::ns
