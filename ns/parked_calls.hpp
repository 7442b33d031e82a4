// Calls that wait for a name which nobody serves yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ns/session.hpp"

namespace rmi::ns {

struct ParkedCall {
  Session* caller = nullptr;
  std::uint64_t caller_number = 0;
  Frame frame;
  std::string name;   ///< the name it waits for: what the called name is an alias of, if it is one
  bool asked = true;  ///< to wait, or the name is stale; else it waits because that is held
  Time since;
  std::optional<Time> deadline;
};

/// Keeps `parked` of the sessions, and the like of their principals, right. How much may wait is
/// the owner's business. Thread safety: one thread at a time.
class ParkedCalls {
 public:
  void add(ParkedCall call);
  /// Those that wait for the name, in the order they came; they are not parked any more.
  std::vector<ParkedCall> take(std::string_view name);
  /// Those of them that did not ask to wait.
  std::vector<ParkedCall> take_held(std::string_view name);
  /// Those whose deadline has passed.
  std::vector<ParkedCall> take_expired(Time now);
  std::vector<ParkedCall> take_all();
  /// Drops one call of that caller. @return whether it was there.
  bool drop(Session& caller, std::uint64_t caller_number);
  /// Drops all calls of that caller. @return how many.
  std::size_t drop(Session& caller);

  /// Each name with that prefix that something waits for, once.
  std::vector<std::string> names_with(std::string_view prefix) const;

  std::size_t size() const noexcept { return calls_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::optional<Time> next_deadline() const;

 private:
  using Order = std::uint64_t;  ///< grows with every call, so that they are kept in order
  using Calls = std::map<Order, ParkedCall>;
  ParkedCall extract(Calls::iterator at);
  std::vector<ParkedCall> take(std::string_view name, bool asked_too);

  Calls calls_;
  std::map<std::pair<std::string, Order>, Calls::iterator> by_name_;
  std::map<std::pair<Time, Order>, Calls::iterator> by_deadline_;
  Order last_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace rmi::ns
