// Connections that have not greeted yet.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ns/session.hpp"

namespace rmi::ns {

/// Each takes a descriptor, and who never greets would keep it for ever.
/// Thread safety: one thread at a time.
class Strangers {
 public:
  /// @param time  until a connection must have greeted.
  explicit Strangers(Duration time) noexcept : time_(time) {}

  void opened(const Link& link, Time now) {
    forget(link.fd);
    if (link.fd < 0) return;
    links_[link.fd] = {.cookie = link.cookie, .since = now};
    by_age_.emplace(now, link.fd);
  }
  /// It has greeted, or is closed.
  void forget(int fd) {
    const auto at = links_.find(fd);
    if (at == links_.end()) return;
    by_age_.erase({at->second.since, fd});
    links_.erase(at);
  }
  /// @return those whose time is over; they are forgotten.
  std::vector<Link> take_overdue(Time now) {
    std::vector<Link> overdue;
    while (!by_age_.empty() && by_age_.begin()->first + time_ <= now) {
      const int fd = by_age_.begin()->second;
      overdue.push_back({.fd = fd, .cookie = links_.at(fd).cookie});
      forget(fd);
    }
    return overdue;
  }
  /// When the next one's time is over.
  std::optional<Time> next() const {
    if (by_age_.empty()) return std::nullopt;
    return by_age_.begin()->first + time_;
  }

 private:
  struct Opened {
    std::uint64_t cookie;
    Time since;
  };
  const Duration time_;
  std::unordered_map<int, Opened> links_;
  std::set<std::pair<Time, int>> by_age_;
};

}  // namespace rmi::ns
