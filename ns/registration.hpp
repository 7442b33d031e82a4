// One name served by one session: what a call is routed by.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include <rmi/names.hpp>

#include "ns/name_store.hpp"
#include "ns/text.hpp"

namespace rmi::ns {

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

struct CallStats;

/// Whom a registration belongs to: the peer handle of a session.
using Owner = std::uint64_t;

/// Owner of the broker's own objects, of static entries and of stale ones. No peer has this handle.
inline constexpr Owner nobody = 0;

/// Shared between the registry and the calls that are in flight to it, so that a call which
/// outlives its registration can still say where it was. There may be a million of them: what few
/// have is kept apart.
struct Registration {
  /// What most names have not.
  struct Details {
    std::set<std::string> tags{};
    std::string target{};  ///< URI that the name stands for; empty for an object of the owner
    std::string alias{};   ///< the other name of this broker that `target` means, if it means one
    Duration hold{0};      ///< calls wait for so long for a successor of the last owner
    Holder holder{};       ///< of a durable entry: who may take it back when it is stale
  };

  Text name;
  Text object_id;  ///< the daemon's key of the object; never empty
  Text interface;
  Text direct;      ///< where its owner listens itself; may be empty
  Text owner_text;  ///< "greeter[4711] on alpha"; of a stale entry, who it was
  Owner owner = nobody;
  std::uint64_t number = 0;  ///< 0: it stands for the private objects of its owner
  Time since;
  std::shared_ptr<CallStats> stats{};  ///< null until the first call; kept by the routing core
  std::uint32_t in_flight = 0;  ///< calls that are with the owner now; kept by the routing core
  std::uint32_t interface_hash = 0;
  NameMode mode = NameMode::safe;
  bool sticky = false;     ///< a caller stays with the one that it got first
  bool durable = false;    ///< kept on disk until it is removed
  bool stale = false;      ///< durable, and its owner is away
  bool tags_kept = false;  ///< durable, and its tags were set by others than its owner
  bool live = true;        ///< still in the registry

  const std::set<std::string>& tags() const noexcept { return details().tags; }
  const std::string& target() const noexcept { return details().target; }
  const std::string& alias() const noexcept { return details().alias; }
  Duration hold() const noexcept { return details().hold; }
  const Holder& holder() const noexcept { return details().holder; }
  const Details& details() const noexcept;
  void set_details(Details details);
  void set_tags(const std::set<std::string>& tags);

  bool is_static() const noexcept { return !target().empty(); }
  bool is_builtin() const noexcept { return owner == nobody && target().empty() && !stale; }

 private:
  std::shared_ptr<const Details> details_;  ///< null if they are what they are at first
};
using RegistrationPtr = std::shared_ptr<Registration>;

}  // namespace rmi::ns
