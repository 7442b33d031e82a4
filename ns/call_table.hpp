// Calls that are with a daemon: found by their slot, their caller, their daemon or their deadline.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bus/slot_table.hpp"
#include "ns/deadline_wheel.hpp"
#include "ns/session.hpp"

namespace rmi::ns {

/// The beginning of a name, kept without memory of its own: only error texts need it.
class ShortText {
 public:
  ShortText() = default;
  explicit ShortText(std::string_view text) noexcept
      : size_(static_cast<std::uint8_t>(text.copy(bytes_.data(), bytes_.size()))) {}
  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, 47> bytes_;
  std::uint8_t size_ = 0;
};

/// The deadline of a call that has none.
inline constexpr Time never = Time::max();

/// Places in the table.
struct CallLink {
  std::uint32_t previous = 0;
  std::uint32_t next = 0;
};

struct Call {
  Session* caller = nullptr;  ///< null when nobody waits for the answer any more
  Session* daemon = nullptr;
  std::uint64_t caller_number = 0;  ///< the call id that the caller gave it
  RegistrationPtr registration;
  std::size_t bytes = 0;  ///< of its frame
  Time begun;             ///< when it was handed over
  Time deadline = never;
  ShortText method;
  CallLink by_caller, by_daemon, by_deadline;
};

/// Keeps the chains and totals of the sessions and the `in_flight` of registrations right.
/// Allocates only when more calls are in flight than ever before.
/// Thread safety: one thread at a time.
class CallTable {
 public:
  CallTable(std::uint32_t first_generation, Time start) : calls_(first_generation), wheel_(start) {}

  /// @param call  with caller, daemon and registration set. @return its slot, never 0.
  std::uint64_t insert(Call call);
  /// Null if the slot was answered already or never given. Valid until it is erased.
  Call* find(std::uint64_t slot) noexcept { return calls_.find(slot); }
  /// Forgets a call that is there.
  void erase(std::uint64_t slot);
  /// The caller gave up: the daemon still has the call, but at most until `latest`.
  void abandon(std::uint64_t slot, Time latest);
  /// The slot of the call that this caller numbered so; 0 if there is none.
  std::uint64_t slot_of(const Session& caller, std::uint64_t caller_number) noexcept;

  /// Calls `fn(slot, Call&)` for each call whose deadline has passed; `fn` must erase it.
  template <class Fn>
  void expire(Time now, Fn&& fn) {
    wheel_.advance(now, [&](CallChain& chain) {
      for (std::uint64_t slot = chain.first; slot != 0;) {
        Call& call = *calls_.find(slot);
        const std::uint64_t next = calls_.id_at(call.by_deadline.next);
        if (call.deadline <= now) fn(slot, call);
        slot = next;
      }
    });
  }
  /// When to expire() next; nothing when no call is in flight.
  std::optional<Time> next_deadline() const noexcept {
    return calls_.empty() ? std::nullopt : std::optional(wheel_.next());
  }
  std::size_t size() const noexcept { return calls_.size(); }
  /// Whether there is a call for which that holds.
  template <class Predicate>
  bool any(Predicate&& holds) const {
    return calls_.any(holds);
  }

 private:
  using Calls = SlotTable<Call>;
  using Member = CallLink Call::*;
  void link(Member member, CallChain& chain, std::uint64_t slot, Call& call) noexcept;
  void unlink(Member member, CallChain& chain, std::uint64_t slot, Call& call) noexcept;
  void leave_caller(std::uint64_t slot, Call& call) noexcept;

  Calls calls_;
  DeadlineWheel wheel_;
};

}  // namespace rmi::ns
