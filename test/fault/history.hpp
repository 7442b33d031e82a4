// What callers were told, held against what services wrote down.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fault {

enum class Told : std::uint8_t {
  result,        ///< or an exception of the method: it ran
  not_executed,  ///< it surely did not run
  unknown,       ///< it may have run, once; oneways that were handed over too
};

/// One call, as its caller saw it end.
struct Ended {
  std::uint64_t id = 0;
  Told told = Told::unknown;
  bool idempotent = false;
  std::chrono::milliseconds late{0};  ///< after its deadline; negative if before
  std::string text{};                 ///< of the error
};

/// A sentence for each call whose end contradicts the ledger, or that no caller made.
/// @param ran    how often each id was written down.
/// @param slack  how long after its deadline a call may end.
std::vector<std::string> contradictions(const std::vector<Ended>& calls,
                                        std::map<std::uint64_t, std::uint64_t> ran,
                                        std::chrono::milliseconds slack);

}  // namespace fault
