// The caller's half of calls that are made again without running twice.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <rmi/detail/invoke.hpp>

#include "bus/call_mark.hpp"
#include "bus/frame.hpp"
#include "bus/futex.hpp"

namespace rmi {

/// What an object that keeps replies gave to a bus: its daemon knows the calls that are counted on
/// it from those of everybody else, and from those that an earlier daemon was asked for.
struct Ticket {
  explicit Ticket(std::uint64_t given) : value(given) {}
  const std::uint64_t value;
  std::atomic<std::uint64_t> calls{0};
};

/// The tickets of one bus, one for each object. Thread safety: thread safe.
class Tickets {
 public:
  using Key = std::pair<std::string, std::string>;  ///< endpoint, if it is called there, and object

  /// Null if there is none.
  std::shared_ptr<Ticket> find(const Key& key) const;
  /// @return the one that is there now: `given`, unless another thread has put one in the place of
  ///         `refused` (null for none) before.
  std::shared_ptr<Ticket> put(const Key& key, std::uint64_t given,
                              const std::shared_ptr<Ticket>& refused);

 private:
  mutable std::mutex mutex_;
  std::map<Key, std::shared_ptr<Ticket>> tickets_;
};

/// One call with a mark, over all attempts to make it. Thread safety: one thread at a time.
class RetriedCall {
 public:
  /// Blocks if the object has to be asked for a ticket: at the first call of a bus.
  /// @throws BadArguments  it keeps no replies; and as a call, always with `not_executed`.
  RetriedCall(const detail::CallTarget& target, SteadyTime deadline);

  /// The object did not accept the ticket, or the number: asks for another one.
  /// Precondition: no attempt is in doubt. @throws as the constructor.
  void renew();
  /// Makes a frame the next attempt.
  void stamp(Frame& request) noexcept;
  /// Time until the deadline, 1 ms at least.
  std::chrono::milliseconds left() const;

  /// The last attempt was lost, and may have run.
  void note_loss() noexcept;
  bool in_doubt() const noexcept { return lost_at_ != SteadyTime::min(); }
  /// The daemon that has the call may just have lost its connection, and be on its way back.
  bool may_come_back() const noexcept;

 private:
  void take(std::shared_ptr<Ticket> ticket) noexcept;

  detail::CallTarget target_;  ///< for asking
  const SteadyTime deadline_;
  std::shared_ptr<Ticket> ticket_;
  CallMark mark_;
  SteadyTime lost_at_ = SteadyTime::min();
};

/// Whether such a call is to be one of these.
bool is_retried(const detail::CallTarget& target, const detail::CallMethod& method) noexcept;

}  // namespace rmi
