// What one watcher of names has not been told yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ns/limits.hpp"
#include "ns/name_pattern.hpp"
#include "ns/registry.hpp"

namespace rmi::ns {

/// First the entries that are there, read from the registry in order as they are wanted, then the
/// changes, which wait here. A change of an entry that the walk has not come to is left to the
/// walk, so that what waits is only what its reader could have read. Thread safety: one thread at a
/// time.
class NameFeed {
 public:
  /// @throws BadArguments  the regex is malformed or too long.
  NameFeed(const NameFilter& filter, const RegistryLimits& registry, const WatchLimits& watch);

  void on_change(NameEvent what, const Registration& registration,
                 const std::set<std::string>& former_tags,
                 const std::shared_ptr<const NameEntry>& entry);

  /// What comes next, as much as fits but one at least if there is any.
  /// @param registry  the one whose changes come in, not changed since.
  std::vector<NameChange> take(const Registry& registry, std::size_t max_items,
                               std::size_t max_bytes, Time now);
  /// Whether the entries that are there have all been taken; until then take() may return nothing
  /// although more comes.
  bool listed() const noexcept { return listed_; }
  /// It was not read for so long that changes were dropped. Nothing more comes out of it.
  bool overflowed() const noexcept { return overflowed_; }
  std::size_t queued_bytes() const noexcept { return bytes_; }

 private:
  struct Queued {
    NameEvent what;
    std::shared_ptr<const NameEntry> entry;  ///< the same for all watchers
    std::size_t size;
  };
  bool wants(std::string_view name) const;
  bool still_to_list(const Registration& registration) const;
  void push(NameEvent what, const std::shared_ptr<const NameEntry>& entry);

  NameFilter filter_;
  std::optional<NamePattern> pattern_;
  WatchLimits limits_;
  std::string listed_name_;  ///< with listed_number_: the last entry that the walk has seen
  std::uint64_t listed_number_ = 0;
  bool listed_ = false;
  bool overflowed_ = false;
  std::deque<Queued> queue_;
  std::size_t bytes_ = 0;
};

}  // namespace rmi::ns
