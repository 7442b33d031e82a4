// Whose references this thread is writing or reading.
#pragma once

#include <cstdint>

#include "bus/futex.hpp"

namespace rmi {

class Host;

/// Which host encodes and decodes on this thread: references belong to it.
class ReferenceScope {
 public:
  /// @param longest  time that a message written now may be under way.
  /// @param to       session that gets it; 0 if that is not known.
  explicit ReferenceScope(Host* host, SteadyTime::duration longest = {},
                          std::uint32_t to = 0) noexcept;
  ~ReferenceScope() { place_ = before_; }
  ReferenceScope(const ReferenceScope&) = delete;
  ReferenceScope& operator=(const ReferenceScope&) = delete;
  static Host* current() noexcept;
  static SteadyTime::duration longest() noexcept;
  static std::uint32_t receiver() noexcept;
  /// A private name has been written, which is counted.
  static void note_sent() noexcept;
  bool sent() const noexcept { return sent_; }

 private:
  Host* const host_;
  const SteadyTime::duration longest_;
  const std::uint32_t to_;
  bool sent_ = false;
  ReferenceScope*& place_;  ///< where this thread keeps the innermost one
  ReferenceScope* const before_;
};

}  // namespace rmi
