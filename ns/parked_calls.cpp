// Keeps parked calls in three orders: as they came, by name, by deadline.
#include "ns/parked_calls.hpp"

#include <utility>

namespace rmi::ns {

void ParkedCalls::add(ParkedCall call) {
  const Order order = ++last_;
  ++call.caller->parked;
  bytes_ += call.frame.size();
  if (PrincipalUsage* principal = call.caller->principal) {
    ++principal->waiting_calls;
    principal->waiting_bytes += call.frame.size();
  }
  const auto at = calls_.emplace(order, std::move(call)).first;
  by_name_.emplace(std::pair(at->second.name, order), at);
  if (at->second.deadline) by_deadline_.emplace(std::pair(*at->second.deadline, order), at);
}

ParkedCall ParkedCalls::extract(Calls::iterator at) {
  const Order order = at->first;
  ParkedCall call = std::move(at->second);
  by_name_.erase(std::pair(call.name, order));
  if (call.deadline) by_deadline_.erase(std::pair(*call.deadline, order));
  calls_.erase(at);
  --call.caller->parked;
  bytes_ -= call.frame.size();
  if (PrincipalUsage* principal = call.caller->principal) {
    --principal->waiting_calls;
    principal->waiting_bytes -= call.frame.size();
  }
  return call;
}

std::vector<ParkedCall> ParkedCalls::take(std::string_view name) {
  return take(name, true);
}

std::vector<ParkedCall> ParkedCalls::take_held(std::string_view name) {
  return take(name, false);
}

std::vector<ParkedCall> ParkedCalls::take(std::string_view name, bool asked_too) {
  std::vector<ParkedCall> taken;
  for (auto at = by_name_.lower_bound(std::pair(std::string(name), Order{0}));
       at != by_name_.end() && at->first.first == name;) {
    const auto call = at->second;
    ++at;
    if (asked_too || !call->second.asked) taken.push_back(extract(call));
  }
  return taken;
}

std::vector<ParkedCall> ParkedCalls::take_expired(Time now) {
  std::vector<ParkedCall> taken;
  while (!by_deadline_.empty() && by_deadline_.begin()->first.first <= now)
    taken.push_back(extract(by_deadline_.begin()->second));
  return taken;
}

std::vector<ParkedCall> ParkedCalls::take_all() {
  std::vector<ParkedCall> taken;
  while (!calls_.empty())
    taken.push_back(extract(calls_.begin()));
  return taken;
}

std::vector<std::string> ParkedCalls::names_with(std::string_view prefix) const {
  std::vector<std::string> names;
  for (auto at = by_name_.lower_bound(std::pair(std::string(prefix), Order{0}));
       at != by_name_.end() && at->first.first.starts_with(prefix); ++at)
    if (names.empty() || names.back() != at->first.first) names.push_back(at->first.first);
  return names;
}

bool ParkedCalls::drop(Session& caller, std::uint64_t caller_number) {
  if (caller.parked == 0) return false;
  for (auto at = calls_.begin(); at != calls_.end(); ++at) {
    if (at->second.caller != &caller || at->second.caller_number != caller_number) continue;
    extract(at);
    return true;
  }
  return false;
}

std::size_t ParkedCalls::drop(Session& caller) {
  const std::size_t number = caller.parked;
  for (auto at = calls_.begin(); at != calls_.end() && caller.parked != 0;) {
    const auto call = at++;
    if (call->second.caller == &caller) extract(call);
  }
  return number;
}

std::optional<Time> ParkedCalls::next_deadline() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first.first;
}

}  // namespace rmi::ns
