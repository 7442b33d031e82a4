// The name server's memory: who serves which name, until when, under which number.
//
// Pure: no socket, no thread, no clock. Time is a parameter and must not go backwards; what changed
// is returned. Outcomes are returned, faults (malformed names, limits) are thrown.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "ns/limits.hpp"
#include "ns/registration.hpp"

namespace rmi::ns {

/// Thread safety: one thread at a time.
class Registry {
 public:
  using Registrations = std::vector<RegistrationPtr>;

  /// The name is entered. `displaced` lost it to this offer.
  struct Entered {
    RegistrationPtr registration;
    bool renewed = false;  ///< the session had it already: only its texts changed
    Registrations displaced;
  };
  /// The name is served by somebody that does not share it.
  struct Taken {
    Owner owner = nobody;  ///< nobody for a static entry
    std::string text;      ///< says by whom and what to do
  };
  /// Where a call to a name goes.
  struct Resolution {
    RegistrationPtr registration;  ///< null when nobody serves it
    std::string_view name;         ///< the last name of the chain of aliases: the one to wait for
  };
  struct Renewal {
    bool held = false;                ///< the session has a lease
    std::vector<std::uint64_t> lost;  ///< numbers that others took since the last renewal
  };
  struct Lapse {
    Owner owner = nobody;
    Registrations registrations;
  };

  /// @param lease         how long registrations live without renewal.
  /// @param first_number  registrations are numbered upwards from the one after this.
  Registry(const RegistryLimits& limits, Duration lease, std::uint64_t first_number = 0);

  /// @throws BadArguments, Overloaded. Nothing has changed then, nor when it returns Taken.
  std::variant<Entered, Taken> enter(Owner owner, std::string_view owner_text,
                                     const NameOffer& offer, Time now);
  /// Enters an object of the broker itself: reserved name, no lease, cannot be removed.
  RegistrationPtr enter_builtin(std::string_view owner_text, const NameOffer& offer, Time now);

  /// The registration that a call goes to now: the least busy of a shared name, in turn among
  /// equals; aliases are followed. A static entry that comes out is one that cannot be routed to.
  Resolution resolve(std::string_view name);
  /// "no object is called 'servr'; did you mean 'server'?"
  std::string not_found_text(std::string_view name) const;

  /// Names in order; the entries of one name in the order they were entered.
  /// @throws BadArguments  the regex is malformed or would take too long.
  std::vector<NameEntry> list(const NameFilter& filter, Time now) const;
  std::uint64_t count(const NameFilter& filter) const;
  NameEntry describe(const Registration& registration, Time now) const;

  /// Removes all entries of one name; nothing is not an error. @throws BadArguments  reserved.
  Registrations remove(std::string_view name);
  /// Removes all that match, except the broker's own. @throws BadArguments  the filter is empty.
  Registrations remove_matching(const NameFilter& filter);
  /// Removes one registration of that owner. Null if it has none with that number.
  RegistrationPtr withdraw(Owner owner, std::uint64_t number);

  /// The tags of all entries of a name together. @throws NameNotFound
  std::set<std::string> tags(std::string_view name) const;
  /// @throws NameNotFound, BadArguments, Overloaded
  void set_tags(std::string_view name, const std::set<std::string>& tags);

  /// Extends the lease of everything that the owner has.
  Renewal renew(Owner owner, Time now);
  /// Removes what lapsed. A gap of more than half a lease since the last call means that the
  /// broker itself was paused and could not hear renewals: then all leases start anew instead.
  std::vector<Lapse> expire(Time now);
  /// Removes everything of that owner.
  Registrations drop_owner(Owner owner);

  std::size_t names() const noexcept { return names_.size(); }
  std::size_t registrations() const noexcept { return size_; }
  /// Whether that owner has any registration, and with it a lease.
  bool has_lease(Owner owner) const { return leases_.contains(owner); }
  bool any_lease() const noexcept { return !leases_.empty(); }
  Duration lease() const noexcept { return lease_time_; }

 private:
  /// All registrations of one name: one, or several that share it.
  struct Group {
    Registrations entries;
    std::size_t next = 0;  ///< whose turn it is among the equally busy
  };
  struct Lease {
    Time end;
    std::unordered_map<std::uint64_t, RegistrationPtr> held;
    std::vector<std::uint64_t> lost;
  };
  using Names = std::map<std::string, Group, std::less<>>;
  using Visit = std::function<void(const RegistrationPtr&)>;

  const Group* group_of(std::string_view name) const;
  const Group& existing_group(std::string_view name) const;
  static RegistrationPtr own_entry(const Group* group, Owner owner);
  RegistrationPtr insert(Owner owner, std::string_view owner_text, const std::string& name,
                         Time now);
  void check_limits(Owner owner, const NameOffer& offer, const Group* group) const;
  void check_alias(const NameOffer& offer, const std::string& alias) const;
  std::string taken_text(const Registration& holder, NameMode wanted, Time now) const;
  static const RegistrationPtr& pick(Group& group);
  void set_lease(Owner owner, Lease& lease, Time end);
  void unlink(const RegistrationPtr& registration, bool tell_owner);
  void erase_lease(Owner owner);
  void visit(const NameFilter& filter, const Visit& fn) const;
  std::vector<std::string> names_near(std::string_view name) const;

  RegistryLimits limits_;
  Duration lease_time_;
  std::uint64_t last_number_;
  std::size_t size_ = 0;
  std::size_t ownerless_ = 0;  ///< static entries and the objects of the broker
  Names names_;                ///< in order, for lists by prefix
  /// The same groups for the way of a call. Keys point into names_, whose nodes do not move.
  std::unordered_map<std::string_view, Group*> lookup_;
  std::unordered_map<Owner, Lease> leases_;
  std::set<std::pair<Time, Owner>> lease_ends_;
  Time last_expire_{};
};

}  // namespace rmi::ns
