// What each principal uses, over all its sessions.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "ns/registration.hpp"

namespace rmi::ns {

/// So many a second; what is not used is kept for ten seconds (a token bucket).
/// Pure: time is a parameter and must not go backwards.
class RateMeter {
 public:
  static constexpr std::size_t burst_seconds = 10;

  /// Takes one. @return false if there is none left.
  bool take(std::size_t per_second, Time now);
  /// What was taken lately, spread over the ten seconds.
  std::size_t per_second(std::size_t most, Time now) const;

 private:
  double used_at(std::size_t per_second, Time now) const;

  double used_ = 0;
  Time last_{};
};

struct PrincipalUsage {
  std::string name;          ///< "uid:1000", "key:NAME", "anonymous at 127.0.0.1"
  std::uint64_t number = 0;  ///< while it has a session; never 0
  std::size_t sessions = 0;
  std::size_t calls = 0;          ///< in flight, made by its sessions
  std::size_t bytes = 0;          ///< of their frames
  std::size_t waiting_calls = 0;  ///< for a name
  std::size_t waiting_bytes = 0;  ///< of their frames
  std::size_t unread_bytes = 0;   ///< sent to its sessions, and not known to have arrived
  std::size_t names = 0;          ///< that its sessions have entered
  RateMeter registrations;
};

struct Origin;

/// Thread safety: one thread at a time.
class Principals {
 public:
  /// Who is counted together. Nobody knows who an anonymous peer is; what it cannot choose is where
  /// it comes from.
  static std::string name_of(const Origin& origin);

  /// Null if it has no session.
  const PrincipalUsage* find(std::string_view name) const;
  /// One more session of that principal. Stays where it is until the last of them leaves.
  PrincipalUsage& join(const std::string& name);
  void leave(PrincipalUsage& usage);

  void visit(const std::function<void(const PrincipalUsage&)>& fn) const;
  std::size_t size() const noexcept { return usages_.size(); }

 private:
  std::map<std::string, PrincipalUsage, std::less<>> usages_;
  std::uint64_t last_ = 0;
};

}  // namespace rmi::ns
