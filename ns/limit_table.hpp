// The limits of a broker by name: what the command line sets and errors speak of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ns/limits.hpp"

namespace rmi::ns {

/// In the order of the table.
enum class LimitId : std::uint8_t {
  message_size,
  sessions,
  sessions_per_principal,
  greeting_time,
  calls_per_session,
  bytes_per_session,
  calls_per_principal,
  bytes_per_principal,
  calls_per_daemon,
  bytes_per_daemon,
  unread_bytes_per_session,
  unread_bytes_per_principal,
  unread_time,
  waiting_calls,
  waiting_calls_per_session,
  waiting_calls_per_principal,
  waiting_bytes,
  waiting_bytes_per_principal,
  names,
  names_per_session,
  names_per_principal,
  static_names,
  durable_names,
  registrations_per_session,
  registrations_per_principal,
  tags_per_name,
  text_length,
  hold_time,
  held_names,
  alias_hops,
  pattern_length,
  pattern_work,
  name_watches,
  name_watches_per_session,
  name_watch_bytes,
  name_watch_pulls,
  name_watch_step,
  watched_sessions,
  sticky_names_per_session,
  measured_names,
  store_calls,
  store_bytes,
};
inline constexpr std::size_t limit_count = static_cast<std::size_t>(LimitId::store_bytes) + 1;

enum class LimitUnit : std::uint8_t { count, bytes, milliseconds, per_second };

struct LimitRule {
  LimitId id;
  std::string_view name;     ///< "calls-per-session"
  std::string_view meaning;  ///< one line
  LimitUnit unit;
  std::uint64_t least;
  std::uint64_t (*get)(const Limits& limits);
  void (*set)(Limits& limits, std::uint64_t value);
};

std::span<const LimitRule, limit_count> limit_rules();
const LimitRule& limit_rule(LimitId id);

/// "8192", "64MiB", "10s", "10000/s": as set_limit() reads it.
std::string show_limit(LimitUnit unit, std::uint64_t value);

/// @param setting  "calls-per-session=1000", "message-size=1MiB", "unread-time=3s".
/// @throws std::invalid_argument  says what was expected; offers the nearest names.
void set_limit(Limits& limits, std::string_view setting);

}  // namespace rmi::ns
