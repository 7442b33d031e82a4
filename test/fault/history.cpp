// The rules of the history check.
#include "history.hpp"

#include <utility>

namespace fault {
namespace {

std::string broken_rule(const Ended& call, std::uint64_t times) {
  if (times > 1 && !call.idempotent) return "ran more than once";
  if (call.told == Told::result && times == 0) return "has a result and never ran";
  if (call.told == Told::not_executed && times != 0) return "was told not to have run, and ran";
  return {};
}

}  // namespace

std::vector<std::string> contradictions(const std::vector<Ended>& calls,
                                        std::map<std::uint64_t, std::uint64_t> ran,
                                        std::chrono::milliseconds slack) {
  std::vector<std::string> found;
  const auto report = [&](const Ended& call, const std::string& what) {
    found.push_back("call " + std::to_string(call.id) + ' ' + what + ": " + call.text);
  };
  for (const Ended& call : calls) {
    const auto at = ran.find(call.id);
    const std::uint64_t times = at == ran.end() ? 0 : at->second;
    if (const auto rule = broken_rule(call, times); !rule.empty()) report(call, rule);
    if (call.late > slack)
      report(call, "ended " + std::to_string(call.late.count()) + " ms after its deadline");
    if (at != ran.end()) ran.erase(at);
  }
  for (const auto& [id, times] : ran)
    found.push_back("call " + std::to_string(id) + " ran, and nobody made it");
  return found;
}

}  // namespace fault
