// Replies of one object that are kept for callers that did not get them: pure, with no thread and
// no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>

#include "bus/call_mark.hpp"
#include "bus/frame.hpp"
#include "bus/served_call.hpp"

namespace rmi {

/// Knows each marked call from when it is admitted until its answer had to make room. What it does
/// not know any more it refuses, so that nothing runs twice: for each ticket it remembers the
/// highest number that was dropped, and a ticket that was itself dropped is not accepted again.
///
/// Thread safety: one thread at a time.
class KeptReplies {
 public:
  struct Limits {
    std::size_t replies = 0;
    std::size_t bytes = std::size_t{16} << 20U;  ///< stops large replies from filling the memory
    std::size_t tickets = 10'000;                ///< stops callers that only ask for one
  };
  using Reply = std::shared_ptr<const Frame>;

  explicit KeptReplies(const Limits& limits) : limits_(limits) {}

  /// @param ticket  a new random number. The one that was used least recently makes room for it.
  void introduce(std::uint64_t ticket);

  enum class Is : std::uint8_t {
    fresh,    ///< it was never here: it may run
    begun,    ///< `job` is the attempt that runs, or is queued
    late,     ///< the same, but a later attempt than this one has come already
    over,     ///< `reply` is what became of it
    unknown,  ///< it may have run
  };
  struct Found {
    Is is = Is::unknown;
    Job job{};
    Reply reply{};
  };
  /// @return what there is to know about that call, of which another attempt has come.
  Found meet(const CallMark& mark);

  /// A fresh call is admitted.
  void begin(const CallMark& mark, const Job& job);
  /// It surely did not run: another attempt would be fresh.
  void forget(const CallMark& mark);
  /// It ran. The oldest replies make room for this one.
  void finish(const CallMark& mark, Reply reply);

  const Limits& limits() const noexcept { return limits_; }
  std::size_t replies() const noexcept { return over_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t tickets() const noexcept { return callers_.size(); }

 private:
  struct Over {
    std::uint64_t ticket;
    std::uint64_t number;
    Reply reply;
  };
  using OverList = std::list<Over>;
  struct Call {
    std::uint32_t attempt = 0;
    std::weak_ptr<ServedCall> job{};
    OverList::iterator over{};  ///< end() as long as it is not
  };
  struct Caller {
    std::list<std::uint64_t>::iterator used;
    std::uint64_t dropped = 0;  ///< highest number that was known once
    std::size_t begun = 0;      ///< calls that are not over
    std::unordered_map<std::uint64_t, Call> calls{};
  };
  using Callers = std::unordered_map<std::uint64_t, Caller>;

  std::pair<Caller*, Call*> find(const CallMark& mark);
  void drop_oldest_reply();
  void drop_tickets();

  const Limits limits_;
  Callers callers_;
  std::list<std::uint64_t> used_;  ///< tickets, the one used last in front
  OverList over_;                  ///< in the order in which they ended
  std::size_t bytes_ = 0;
};

}  // namespace rmi
