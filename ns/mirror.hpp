// What a further lane of a broker knows of the first one: the sessions, and the names that it is
// to carry the calls of.
//
// A session is the same one in all lanes, under the same number: a peer greets each lane with the
// id that it has greeted the first one with, which is a secret between it and the broker. A name
// can be called in this lane once its daemon has greeted here, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "ns/registry.hpp"
#include "ns/routing.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

/// Pure. Thread safety: one thread at a time.
class Mirror final : public FirstLane {
 public:
  /// A name, as the first lane has it.
  struct Entry {
    std::uint64_t number = 0;  ///< of the registration
    std::uint32_t session = 0;
    NameOffer offer{};  ///< as far as calls need it
  };
  /// Hands a oneway of that session to the first lane. Keeps the frame when it returns false.
  using PassOn = std::function<bool(std::uint32_t session, Frame& frame)>;

  /// Borrows this lane's registry and routing core.
  Mirror(Registry& registry, Routing& routing, PassOn pass_on);
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  // What the first lane says, in its order.
  void begun(std::uint32_t session, const SessionId& id);
  void ended(std::uint32_t session, bool for_good, Time now);
  void lapsed(std::uint32_t session, Time now) { routing_.lapse_session(session, now); }
  /// It serves names, whichever lane these belong to.
  void serves(std::uint32_t session);
  /// A name that is new, or has changed.
  void entered(Entry entry, Time now);
  void removed(std::uint64_t number);

  /// Calls that this lane has given to the owner of that registration of the first lane.
  std::uint32_t in_flight(std::uint64_t number) const;

  std::optional<std::uint32_t> number_of(const SessionId& session) const override;
  bool is_daemon(std::uint32_t session) const override { return daemons_.contains(session); }
  void greeted(const Session& session, Time now) override;
  void left(const Session& session) override;
  bool pass_on(const Session& caller, Frame& frame) override;

 private:
  struct Known {
    Entry entry;
    RegistrationPtr here;  ///< null while its daemon has not greeted
  };
  void enter(Known& known, const Session& daemon, Time now);

  Registry& registry_;
  Routing& routing_;
  const PassOn pass_on_;
  std::map<SessionId, std::uint32_t> number_of_;
  std::unordered_map<std::uint32_t, SessionId> id_of_;
  std::set<std::uint32_t> daemons_;
  std::unordered_map<std::uint64_t, Known> entries_;
  std::map<std::uint32_t, std::set<std::uint64_t>> entries_of_;  ///< by session
};

/// Sees a further lane of the broker, on that one's thread.
using VisitLane = std::function<void(const Routing&, const Registry&, const Mirror&)>;
/// Has all of them seen, one after the other.
using VisitLanes = std::function<void(const VisitLane&)>;

}  // namespace rmi::ns
