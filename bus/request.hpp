// The frame of a call, as its caller sends it.
#pragma once

#include <chrono>
#include <cstdint>

#include "bus/connection.hpp"

namespace rmi {

/// How long to wait before a call is made again that a draining daemon has refused.
inline constexpr std::chrono::milliseconds draining_pause{50};

/// How long a daemon may take until it is back at its broker: the longest pause between two
/// attempts to connect, and then some.
inline constexpr std::chrono::milliseconds settling_time{8000};

/// The time that the server is told: a little less than the caller waits, so that the daemon's own
/// word on where the call was arrives in time.
std::uint32_t remaining_for_server(SteadyTime deadline, std::chrono::milliseconds timeout,
                                   SteadyTime now = std::chrono::steady_clock::now());

/// Until the deadline, rounded up; 1 ms at least: a call that is late fails by its own check.
std::chrono::milliseconds time_left(SteadyTime deadline);

/// @throws BadArguments  the names are too long, or the whole.
Frame build_request(const CallSpec& spec, detail::FunctionRef<void(std::span<std::byte>)> encode,
                    std::uint32_t remaining);

/// Whether an answer that asks for another attempt leaves it open whether this one ran.
bool was_lost(const Frame& answer);

}  // namespace rmi
