// What tells a call that is made again from a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "bus/frame.hpp"
#include "bus/wire.hpp"

namespace rmi {

/// Value of the annotation `rmi.retry`; docs/protocol.md, section 8.
struct CallMark {
  std::uint64_t ticket = 0;   ///< that the object gave to whoever calls; random
  std::uint64_t number = 0;   ///< of the call, counted by the caller for each ticket
  std::uint32_t attempt = 0;  ///< the latest one gets the answer
};

inline constexpr std::size_t call_mark_size = 20;

/// Nothing if the call has none, or one that makes no sense.
std::optional<CallMark> find_call_mark(std::span<const std::byte> annotations) noexcept;

/// Writes it into a frame that has room for it; does nothing to others.
void set_call_mark(Frame& request, const CallMark& mark) noexcept;

}  // namespace rmi
