// The private objects of the broker: sources of what `rmi.names.watch` returns as a stream.
//
// A reader pulls with `next(sequence, max_items, max_bytes)`; a pull that finds nothing waits here
// until something changes or its time is over. docs/protocol.md, section 12.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bus/wire.hpp"
#include "ns/limits.hpp"
#include "ns/name_feed.hpp"
#include "ns/over_limit.hpp"
#include "ns/registry.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

struct LimitReport;

/// Pure: time comes with the calls and must not go backwards.
/// Thread safety: one thread at a time.
class NameSources final : public RegistryObserver {
 public:
  /// Borrows the registry and observes it.
  NameSources(Registry& registry, const RegistryLimits& names, const WatchLimits& limits);
  ~NameSources() override;
  NameSources(const NameSources&) = delete;
  NameSources& operator=(const NameSources&) = delete;

  /// A new source for that session. @return its private name.
  /// @throws BadArguments  a malformed regex; Overloaded.
  std::string open(const LocalCaller& caller, const NameFilter& filter);

  /// A call of any name that begins with `@00000000`.
  LocalObjects::Result call(const LocalCaller& caller, const wire::View& request);

  std::vector<LocalObjects::Answer> take_answers(Time now);
  std::optional<Time> next_answer() const;
  bool cancel(Peer peer, std::uint64_t call_id);
  /// Closes the sources of that session and forgets its pulls.
  void ended(Peer peer);

  void on_change(NameEvent what, const Registration& registration,
                 const std::set<std::string>& former_tags) override;

  std::size_t size() const noexcept { return sources_.size(); }
  std::size_t pulls() const noexcept { return pulls_; }
  void report_limits(LimitReport& report) const;

 private:
  struct Pull {
    Peer peer = nobody;
    std::uint64_t call_id = 0;
    std::size_t max_items = 0;
    std::size_t max_bytes = 0;
    std::optional<Time> deadline;
  };
  struct Source {
    Peer owner = nobody;
    NameFeed feed;
    std::map<std::uint64_t, Pull> waiting;  ///< by sequence number
    /// The last chunk, in case that its reader asks for it again.
    std::optional<std::uint64_t> last_sequence;
    Frame last_chunk;
  };
  using Sources = std::unordered_map<std::uint64_t, Source>;  ///< by token

  LocalObjects::Result call_broker(const LocalCaller& caller, const wire::View& request);
  LocalObjects::Result next(const LocalCaller& caller, const wire::View& request,
                            Sources::iterator at);
  void take_receipts(const LocalCaller& caller, const wire::View& request);
  bool answer_waiting(Source& source, Time now);
  void answer_due(Source& source, Time now);
  void send_chunk(Source& source, const std::vector<NameChange>& items);
  void close(Sources::iterator at, ErrorCode code, const std::string& text);
  void close_overflowed(Sources::iterator at);
  void forget_pulls(Peer peer);

  Registry& registry_;
  const RegistryLimits& name_limits_;
  const WatchLimits& limits_;
  LimitRefusals refused_;
  Sources sources_;
  std::unordered_map<Peer, std::size_t> per_owner_;
  std::vector<LocalObjects::Answer> answers_;
  std::size_t pulls_ = 0;
  bool changed_ = false;          ///< since the last take_answers()
  std::optional<Time> earliest_;  ///< no pull is due before that
  Time now_{};
};

}  // namespace rmi::ns
