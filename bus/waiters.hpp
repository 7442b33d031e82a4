// The threads that wait on a channel, oldest first.
#pragma once

#include <atomic>
#include <cstdint>

#include "bus/event_fd.hpp"
#include "bus/futex.hpp"
#include "bus/thread_poll.hpp"

namespace rmi {

/// A thread that waits for an answer or for work; lives on that thread's stack. `signal` is what
/// it sleeps on, everything else belongs to whoever holds the channel's mutex.
struct Waiter {
  // Bits of signal. "You lead now" may race with "your answer is here": two bits, not one.
  static constexpr std::uint32_t done = 1;
  static constexpr std::uint32_t lead = 2;
  static constexpr std::uint32_t look = 4;  ///< something changed: look again

  explicit Waiter(bool waits_for_requests) : worker(waits_for_requests) {}

  void tell(std::uint32_t bit) noexcept {
    // After the bit is set the waiter may be gone; only its address is used, and its poll stays.
    auto* const word = &signal;
    auto* const sleeps_on = poll;
    word->fetch_or(bit, std::memory_order_release);
    if (sleeps_on != nullptr)
      sleeps_on->ring();
    else
      futex_wake_one(word);
  }

  std::atomic<std::uint32_t> signal{0};
  const bool worker;           ///< waits for requests, not for an answer
  bool helps = false;          ///< waits for what the end of an asynchronous call leads to
  ThreadPoll* poll = nullptr;  ///< sleeps on that instead of `signal`; set before others see it
  int watches = -1;            ///< the socket that it watches in its sleep, because it leads
  EventFd* bell = nullptr;     ///< a worker's own: what gets it out of its poll, and nobody else
  bool listed = false;         ///< in a WaiterList
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
};

/// Borrows the waiters; adding and removing cost no memory.
class WaiterList {
 public:
  Waiter* first() const noexcept { return first_; }

  /// The one that waits longest of those that are workers, or that are not; or null.
  Waiter* first(bool worker) const noexcept {
    Waiter* waiter = first_;
    while (waiter != nullptr && waiter->worker != worker)
      waiter = waiter->next;
    return waiter;
  }

  void add(Waiter& waiter) noexcept {
    waiter.listed = true;
    waiter.previous = last_;
    waiter.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &waiter;
    last_ = &waiter;
  }

  /// Does nothing if it is not in the list.
  void remove(Waiter& waiter) noexcept {
    if (!waiter.listed) return;
    waiter.listed = false;
    (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
    (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
  }

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace rmi
