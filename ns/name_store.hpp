// What outlives a broker: a name as it is kept, a change of it, and who keeps it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <rmi/names.hpp>

namespace rmi::ns {

/// Who may take a stale name back: what the transport knows of the peer, and what it says itself.
struct Holder {
  std::string principal{};
  std::string program{};
  bool operator==(const Holder&) const = default;
};

/// A durable name on disk.
struct StoredName {
  std::string name{};
  std::string object_id{};
  std::string interface {};
  std::uint32_t interface_hash = 0;
  NameMode mode = NameMode::safe;
  std::set<std::string> tags{};
  bool tags_kept = false;  ///< they were set by others than its owner, whose return keeps them
  std::string target{};
  Holder holder{};
  std::string owner_text{};  ///< "greeter[4711] on alpha", when something else last changed
  bool operator==(const StoredName&) const = default;
};

struct StoreChange {
  std::string name{};
  std::optional<StoredName> put{};  ///< nothing: the name is removed
  bool operator==(const StoreChange&) const = default;
};
using StoreChanges = std::vector<StoreChange>;

/// Keeps names on disk. Called on the routing thread only, and never blocks it.
class NameStore {
 public:
  struct Done {
    std::uint64_t ticket = 0;
    std::string error{};  ///< empty: it is on disk; else nothing of it is
  };
  virtual ~NameStore() = default;
  /// What was there at the start, once.
  virtual std::vector<StoredName> take_loaded() = 0;
  /// @param wake  called from another thread when take_done() has something.
  virtual void start(std::function<void()> wake) = 0;
  /// Writes these changes, all or none.
  virtual void submit(std::uint64_t ticket, StoreChanges changes) = 0;
  /// What has ended since the last time, in order.
  virtual std::vector<Done> take_done() = 0;
  /// Blocks until all that was submitted is written or has failed. wake() is not called after that.
  virtual void stop() = 0;
};

}  // namespace rmi::ns
