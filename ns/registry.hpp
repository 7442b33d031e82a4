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
#include <unordered_set>
#include <variant>
#include <vector>

#include "ns/held_entries.hpp"
#include "ns/limits.hpp"
#include "ns/name_group.hpp"
#include "ns/over_limit.hpp"
#include "ns/principals.hpp"
#include "ns/registration.hpp"
#include "ns/tag_index.hpp"

namespace rmi::ns {

struct LimitReport;

/// Whether these are the tags that the filter asks for.
bool has_tags(const std::set<std::string>& tags, const NameFilter& filter);

/// Is told of each change while it happens; must not change the registry then.
class RegistryObserver {
 public:
  virtual ~RegistryObserver() = default;
  /// @param former_tags  what it had before; of interest when it has changed.
  virtual void on_change(NameEvent what, const Registration& registration,
                         const std::set<std::string>& former_tags) = 0;
};

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

  /// Borrows it until forget(); observers are told in the order of these calls.
  void observe(RegistryObserver& observer) { observers_.push_back(&observer); }
  void forget(const RegistryObserver& observer) { std::erase(observers_, &observer); }

  /// Who offers a name.
  struct Offerer {
    Owner owner = nobody;
    std::string_view text{};  ///< "greeter[4711] on alpha"
    Holder holder{};          ///< of what it enters durably, and by which it takes that back
    PrincipalUsage* principal = nullptr;  ///< must outlive what it enters
    RateMeter* registrations = nullptr;   ///< of the session
  };

  /// What an offer is held against: `planned` leaves out what it does not keep to itself, limits
  /// and the chains of aliases, because that was seen to before its names were written to disk.
  enum class Checks : bool { all, planned };

  /// Counts an offer against the rates. @throws Overloaded
  void meter(const Offerer& offerer, const std::string& name, Time now);
  /// @throws BadArguments, Overloaded. Nothing has changed then, nor when it returns Taken.
  std::variant<Entered, Taken> enter(const Offerer& offerer, const NameOffer& offer, Time now,
                                     Checks checks = Checks::all);
  /// Enters an object of the broker itself: reserved name, no lease, cannot be removed.
  RegistrationPtr enter_builtin(std::string_view owner_text, const NameOffer& offer, Time now);

  /// The registration that a call goes to now: the least busy of a shared name, in turn among
  /// equals; aliases are followed; `rmimeta:a,b` is any that has these tags. A static entry that
  /// comes out is one that cannot be routed to.
  Resolution resolve(std::string_view name);
  /// What is entered under exactly that name; nothing is followed.
  Registrations entries(std::string_view name) const;
  /// "no object is called 'servr'; did you mean 'server'?"
  std::string not_found_text(std::string_view name) const;

  /// Names in order; the entries of one name in the order they were entered.
  /// @throws BadArguments  the regex is malformed or would take too long.
  std::vector<NameEntry> list(const NameFilter& filter, Time now) const;
  std::uint64_t count(const NameFilter& filter) const;
  /// The one after that, in the order of list(); null at the end. A step of a walk that others may
  /// change things during.
  RegistrationPtr after(std::string_view name, std::uint64_t number) const;
  NameEntry describe(const Registration& registration, Time now) const;

  /// Removes all entries of one name; nothing is not an error. @throws BadArguments  reserved.
  Registrations remove(std::string_view name);
  /// Removes all that match, except the broker's own. @throws BadArguments  the filter is empty.
  Registrations remove_matching(const NameFilter& filter);
  /// Removes one registration of that owner. Null if it has none with that number.
  RegistrationPtr withdraw(Owner owner, std::uint64_t number);
  /// The same, but a durable one stays, stale.
  RegistrationPtr release(Owner owner, std::uint64_t number);

  /// The tags of all entries of a name together. @throws NameNotFound
  std::set<std::string> tags(std::string_view name) const;
  /// @throws NameNotFound, BadArguments, Overloaded
  void set_tags(std::string_view name, const std::set<std::string>& tags);

  // Durable names. What is on disk is what these say would change there, before it is changed here;
  // in between others must not change the names in question, but their owners may end.

  /// As enter(), but nothing is changed.
  std::variant<StoreChanges, Taken> plan_enter(const Offerer& offerer, const NameOffer& offer,
                                               Time now, Checks checks = Checks::all) const;
  StoreChanges plan_remove(std::string_view name) const;
  StoreChanges plan_remove_matching(const NameFilter& filter) const;
  StoreChanges plan_withdraw(Owner owner, std::uint64_t number) const;
  StoreChanges plan_set_tags(std::string_view name, const std::set<std::string>& tags) const;
  /// Sees to it that these durable names are what the disk has. One that is there keeps its owner;
  /// another one that is put is stale then, or static. @return what was removed.
  /// @param changes  sound: what a plan said, or a store.
  Registrations apply(const StoreChanges& changes, Time now);

  /// Extends the lease of everything that the owner has.
  Renewal renew(Owner owner, Time now);
  /// Removes what lapsed. A gap of more than half a lease since the last call means that the
  /// broker itself was paused and could not hear renewals: then all leases start anew instead.
  std::vector<Lapse> expire(Time now);
  /// Removes everything of that owner. Durable names stay, stale.
  Registrations drop_owner(Owner owner);

  std::size_t names() const noexcept { return names_.size(); }
  std::size_t registrations() const noexcept { return size_; }
  /// Whether that owner has any registration, and with it a lease.
  bool has_lease(Owner owner) const { return leases_.contains(owner); }
  bool any_lease() const noexcept { return !leases_.empty(); }
  Duration lease() const noexcept { return lease_time_; }
  void report_limits(LimitReport& report) const;

 private:
  using Group = NameGroup;
  struct Lease {
    Time end;
    HeldEntries held;
    std::vector<std::uint64_t> lost;
    PrincipalUsage* principal = nullptr;
  };
  /// What entering an offer does.
  struct Decision {
    Owner owner = nobody;
    std::string alias;
    RegistrationPtr own;        ///< the session has it already
    RegistrationPtr returning;  ///< stale, and the offerer is its owner
    Registrations others;
  };
  using Names = std::map<Text, Group, std::less<>>;
  using Named = Names::value_type;
  /// Not noexcept, so that the table keeps the hashes.
  struct HashName {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
    std::size_t operator()(const Named* named) const { return (*this)(named->first.view()); }
  };
  struct SameName {
    using is_transparent = void;
    bool operator()(const Named* a, const Named* b) const noexcept { return a == b; }
    bool operator()(std::string_view name, const Named* named) const noexcept {
      return named->first == name;
    }
    bool operator()(const Named* named, std::string_view name) const noexcept {
      return named->first == name;
    }
  };
  using Visit = std::function<void(const RegistrationPtr&)>;

  const Group* group_of(std::string_view name) const;
  const Group& existing_group(std::string_view name) const;
  static RegistrationPtr own_entry(const Group* group, Owner owner);
  static RegistrationPtr stale_entry(const Group* group, const Holder& holder);
  std::variant<Decision, Taken> decide(const Offerer& offerer, const NameOffer& offer, Time now,
                                       Checks checks) const;
  RegistrationPtr insert(Owner owner, std::string_view owner_text, std::string_view name, Time now);
  void fill(Registration& registration, const NameOffer& offer, std::string alias,
            const Holder& holder);
  void write(Registration& registration, const StoredName& name);
  Text object_id(const Registration& registration, std::string_view id) const;
  void check_limits(const Offerer& offerer, const Decision& decision, const NameOffer& offer,
                    const Group* group) const;
  void check_alias(const NameOffer& offer, const std::string& alias) const;
  std::string taken_text(const Registration& holder, NameMode wanted, Time now) const;
  void renumber(Registration& registration, Time now);
  void rewrite(const RegistrationPtr& registration, const std::function<void()>& write);
  void make_stale(const RegistrationPtr& registration);
  void rewrite(const RegistrationPtr& registration, const StoredName& name, Time now);
  void restore(const StoredName& name, Time now);
  void report(NameEvent what, const Registration& registration,
              const std::set<std::string>& former_tags) const;
  void set_lease(Owner owner, Lease& lease, Time end);
  void unlink(const RegistrationPtr& registration, bool tell_owner);
  void detach(const RegistrationPtr& registration, bool tell_owner);
  void leave_lease(const RegistrationPtr& registration, bool tell_owner);
  void erase_lease(Owner owner);
  void visit(const NameFilter& filter, const Visit& fn) const;
  std::vector<std::string> names_near(std::string_view name) const;

  RegistryLimits limits_;
  mutable LimitRefusals refused_;
  Duration lease_time_;
  std::uint64_t last_number_;
  std::size_t size_ = 0;
  std::size_t ownerless_ = 0;  ///< static and stale entries, and the objects of the broker
  std::size_t durable_ = 0;    ///< entries that are on disk
  Names names_;                ///< in order, for lists by prefix
  /// The same groups for the way of a call, in names_, whose nodes do not move.
  std::unordered_set<Named*, HashName, SameName> lookup_;
  TextPool texts_;  ///< of interfaces, owners, endpoints
  TagIndex by_tag_;
  std::vector<RegistryObserver*> observers_;
  std::unordered_map<Owner, Lease> leases_;
  std::set<std::pair<Time, Owner>> lease_ends_;
  Time last_expire_{};
};

}  // namespace rmi::ns
