// Names that nobody serves just now, but somebody did a moment ago.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ns/registration.hpp"

namespace rmi::ns {

/// Pure: time is a parameter and must not go backwards.
/// Thread safety: one thread at a time.
class HeldNames {
 public:
  enum class State : std::uint8_t {
    free,      ///< nobody is expected to serve it
    held,      ///< its last owner asked that calls wait for a successor
    draining,  ///< its last owner still has calls of it, and no successor is waited for
  };
  struct Held {
    std::string name;
    RegistrationPtr former;
  };

  /// @param limit  names that are held at a time; others are not.
  explicit HeldNames(std::size_t limit) : limit_(limit) {}

  /// The last owner of a name has gone.
  void left(const RegistrationPtr& former, Time now);
  /// Somebody serves the name again.
  void served(std::string_view name);
  State state(std::string_view name) const;
  /// Who had it; null when the state is `free`.
  RegistrationPtr former(std::string_view name) const;

  /// Those that were held for long enough; they are not any more.
  std::vector<Held> take_expired(Time now);
  /// When to ask for the expired next.
  std::optional<Time> next() const;
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    RegistrationPtr former;
    std::optional<Time> end;  ///< of the hold, if there is one
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  void erase(Entries::iterator at);
  void sweep();

  const std::size_t limit_;
  Entries entries_;
  std::set<std::pair<Time, std::string>> ends_;
  std::size_t next_sweep_ = 64;
};

}  // namespace rmi::ns
