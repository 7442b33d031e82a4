// Calls of rmi.names that change what is on disk, while the disk is being written.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ns/limits.hpp"
#include "ns/name_store.hpp"
#include "ns/over_limit.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

struct LimitReport;

/// Such a call is made twice: first it says what it would change, and is put aside; when that is on
/// disk it is made again, changes the registry, and is answered. So nobody sees a name that a crash
/// would take back, and a disk that refuses leaves everything as it was. In between other changes
/// of the same names wait for their turn, in the order they came.
///
/// Pure. Thread safety: one thread at a time.
class DurableCalls {
 public:
  /// Makes a call again. @return its answer.
  using Repeat = std::function<Frame(const LocalCaller& caller, const Frame& request)>;
  /// Sees to it that the registry is what the disk is, also when the caller is gone.
  using Apply = std::function<void(const StoreChanges& changes)>;

  /// Borrows both.
  DurableCalls(NameStore& store, const StoreLimits& limits) : store_(store), limits_(limits) {}

  // For the object, within a call.
  /// Whether what this call changes is on disk already.
  bool is_written() const noexcept { return written_ != nullptr; }
  /// Returns if the call may go on: nobody else is at these names, and nothing changes on disk or
  /// it is there. @throws Postponed  it is to be put aside; Overloaded.
  void claim(const std::vector<std::string>& names, StoreChanges changes);

  // For whoever makes the calls.
  /// Whether the call that threw Postponed is to be put aside. If so it was copied.
  bool put_aside(const LocalCaller& caller, const Frame& request);
  std::vector<LocalObjects::Answer> take_answers(Time now, const Repeat& repeat,
                                                 const Apply& apply);
  /// A call that has not come to the disk is dropped. @return whether it was there.
  bool cancel(Peer peer, std::uint64_t call_id);
  /// What is on its way to the disk is made without it.
  void ended(Peer peer);

  std::size_t size() const noexcept { return writing_.size() + waiting_.size(); }
  void report_limits(LimitReport& report) const;

 private:
  struct Call {
    Peer peer = nobody;  ///< nobody any more when it has ended
    std::uint32_t session = 0;
    std::string text;
    std::string principal;
    std::string program;
    std::size_t max_message = 0;
    Session* who = nullptr;  ///< not to be used when the peer has ended
    Frame request;
    std::vector<std::string> names;
    StoreChanges changes;
    StoreChanges on_disk;  ///< of earlier rounds: what matches a filter may have become more
  };
  struct Claim {
    std::vector<std::string> names;
    StoreChanges changes;
    bool blocked = false;
  };
  bool is_on_disk(const StoreChanges& changes) const;
  bool is_blocked(const std::vector<std::string>& names) const;
  void check_limits(const std::vector<std::string>& names);
  void put_aside(Call call);
  void end(Call call, const std::string& error, Time now, const Repeat& repeat, const Apply& apply);
  void repeat_waiting(Time now, const Repeat& repeat);
  bool make(Call call, Time now, const Repeat& repeat);
  void answer(const Call& call, Frame frame);

  NameStore& store_;
  const StoreLimits& limits_;
  LimitRefusals refused_;
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, Call> writing_;  ///< by ticket
  std::vector<Call> waiting_;              ///< for others that have their names, as they came
  std::set<std::string> claimed_;          ///< names of those in writing_
  std::size_t bytes_ = 0;
  std::optional<Claim> claim_;             ///< of the call that is being made
  const StoreChanges* written_ = nullptr;  ///< the same
  std::vector<LocalObjects::Answer> answers_;
};

}  // namespace rmi::ns
