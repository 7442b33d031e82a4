// Sleeping on one 32-bit word: exactly one thread is woken, and a wait can end at a deadline.
// (std::atomic::wait spins first and has no deadline; spinning hurts on few cores.)
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace rmi {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Sleeps while `word` holds `value`, until `deadline` at most. May return early for no reason.
/// Thread safety: thread safe.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t value,
                SteadyTime deadline) noexcept;

/// Wakes one thread that sleeps on `word`. The word may be gone already: nothing is read there.
void futex_wake_one(std::atomic<std::uint32_t>* word) noexcept;

}  // namespace rmi
