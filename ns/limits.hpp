// Limits of a broker. Each field names the attack, or the accident, that it stops.
#pragma once

#include <chrono>
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
  /// The same through many sessions.
  std::size_t names_per_principal = 500'000;
  /// A service that enters and withdraws names in a loop and leaves no time for calls. By the
  /// second; what was not used in the last ten seconds may come at once ...
  std::size_t registrations_per_session = 10'000;
  /// ... and the same through many sessions.
  std::size_t registrations_per_principal = 20'000;
  /// Entries without a lease: nothing but an order removes them, so nobody else cleans up.
  std::size_t static_names = 100'000;
  /// A disk that fills with names, and a start that takes ever longer to read them.
  std::size_t durable_names = 100'000;
  /// A name of a few bytes that carries megabytes of tags.
  std::size_t tags_per_name = 64;
  /// The same through the other texts of an offer (interface, target), in bytes each.
  std::size_t text_length = 1024;
  /// Calls without a deadline that wait for ever for a name whose owner asked for that.
  std::chrono::milliseconds hold = std::chrono::hours(1);
  /// A chain of aliases that costs every call a long walk.
  std::size_t alias_hops = 8;
  /// A pattern that a matcher chews on for hours: longest pattern in bytes ...
  std::size_t pattern_length = 255;
  /// ... and bytes of names times states of the pattern that one request may visit.
  std::uint64_t pattern_work = 200'000'000;
};

/// What the watching of names may cost.
struct WatchLimits {
  /// Every change of a name is held against each watch there is ...
  std::size_t watches = 1000;
  /// ... and one session could have them all.
  std::size_t watches_per_session = 64;
  /// Changes, in bytes, that wait for one watch whose reader does not read.
  std::size_t queue_bytes = std::size_t{16} << 20U;
  /// Calls that wait for the next change of one watch.
  std::size_t pulls = 64;
  /// A filter that fits nothing, held against a million names in one call.
  std::size_t names_per_pull = 10'000;
};

/// What may wait for the disk.
struct StoreLimits {
  /// Changes of durable names that come faster than the disk takes them ...
  std::size_t calls = 10'000;
  /// ... and their bytes.
  std::size_t bytes = std::size_t{64} << 20U;
};

/// What one broker carries at a time.
struct Limits {
  RegistryLimits registry;
  WatchLimits names_watch;
  StoreLimits store;
  /// Connections that greet and then only hold memory.
  std::size_t sessions = 20'000;
  /// One program, or user, that holds them all.
  std::size_t sessions_per_principal = 15'000;
  /// A caller that sends without reading the answers.
  std::size_t calls_per_session = 8192;
  /// The same in bytes: few calls, each of them huge.
  std::size_t bytes_per_session = std::size_t{512} << 20U;
  /// Connections that never greet, and take the descriptors that others need.
  std::chrono::milliseconds greeting_time = std::chrono::seconds(10);
  /// A user who does that with many connections ...
  std::size_t calls_per_principal = 65'536;
  /// ... and in bytes.
  std::size_t bytes_per_principal = std::size_t{2} << 30U;
  /// Answers, in bytes, that wait for a caller who does not read. One more may come on top.
  std::size_t unread_bytes_per_session = std::size_t{256} << 20U;
  /// The same through many sessions, each of them below that. Beyond it each has an equal share.
  std::size_t unread_bytes_per_principal = std::size_t{2} << 30U;
  /// A caller that takes nothing of them for so long loses its session.
  std::chrono::milliseconds unread_time = std::chrono::seconds(10);
  /// A daemon that takes calls and answers none.
  std::size_t calls_per_daemon = 8192;
  /// The same in bytes.
  std::size_t bytes_per_daemon = std::size_t{512} << 20U;
  /// Calls that wait for names that never come ...
  std::size_t waiting_calls = 10'000;
  /// ... one caller with all of them ...
  std::size_t waiting_calls_per_session = 1024;
  /// ... or one user with many callers ...
  std::size_t waiting_calls_per_principal = 8192;
  /// ... and their bytes ...
  std::size_t waiting_bytes = std::size_t{256} << 20U;
  /// ... which one user could take with a few large calls.
  std::size_t waiting_bytes_per_principal = std::size_t{192} << 20U;
  /// Daemons that enter names to be held, and go, again and again.
  std::size_t held_names = 10'000;
  /// A peer that asks to be told of the end of every session there can be.
  std::size_t watched_sessions = 20'000;
  /// A caller that wants to stay with somebody under ever other names.
  std::size_t sticky_per_session = 1024;
  /// Statistics of names that come and go; each takes half a kilobyte once it was called.
  std::size_t names_measured = 10'000;
  /// Largest frame that is received or passed on; libzmq ends a connection that sends more.
  std::size_t max_message = default_max_message;
};

}  // namespace rmi::ns
