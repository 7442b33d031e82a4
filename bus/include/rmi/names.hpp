// The name server as callers see it: the object `rmi.names` of every broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <rmi/interface.hpp>
#include <rmi/stream.hpp>

namespace rmi {

/// What to do when the name is served already.
enum class NameMode : std::uint8_t {
  safe = 0,     ///< refuse with NameTaken
  replace = 1,  ///< take the name over; the former owner is told with its next renewal
  shared = 2,   ///< serve it together with others that say `shared`; the least busy gets the call
};

/// What a daemon, or a person with `rmi-ns register`, asks the name server to enter.
struct NameOffer {
  std::string name{};  ///< 1 to 255 bytes of UTF-8, no control characters; `rmi.`, `rmimeta:` and
                       ///< `@` are reserved
  std::string object_id{};  ///< the daemon's key of the object; empty means the same as name
  std::set<std::string> tags{};
  std::string interface {};          ///< C++ name of the interface, for people
  std::uint32_t interface_hash = 0;  ///< hash of all its signatures
  NameMode mode = NameMode::safe;
  /// Empty for an object that the calling session serves itself. Otherwise the URI that the name
  /// stands for; such an entry has no lease and stays until it is removed.
  std::string target{};
  /// With `shared`: each session stays with the daemon that its first call got, while that lives.
  bool sticky = false;
  /// Where the daemon listens itself, for callers that ask for the direct path; empty if it does
  /// not.
  std::string direct{};
  /// Whether the broker keeps the name on disk (`rmi-broker --store`) until somebody removes it.
  /// While nobody serves it, it is stale: calls to it wait. Not with `shared`.
  bool durable = false;
  /// For how long calls wait for a successor when the last daemon that serves the name is gone, an
  /// hour at most; 0 for not at all.
  std::chrono::milliseconds hold{0};

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(object_id), CEREAL_NVP(tags), CEREAL_NVP(interface),
       CEREAL_NVP(interface_hash), CEREAL_NVP(mode), CEREAL_NVP(target), CEREAL_NVP(sticky),
       CEREAL_NVP(direct), CEREAL_NVP(durable), CEREAL_NVP(hold));
  }
};

/// One registration. A shared name has one entry for each daemon that serves it.
struct NameEntry {
  std::string name{};
  std::string object_id{};
  std::string interface {};
  std::uint32_t interface_hash = 0;
  std::set<std::string> tags{};
  std::string owner{};  ///< program, process id and host, e.g. "greeter[4711] on alpha"
  std::string target{};
  NameMode mode = NameMode::safe;
  std::uint64_t registration = 0;  ///< the fence: grows with every registration of this broker
  std::int64_t lease_ms = 0;       ///< time left until it lapses; 0 = never
  /// Calls that are with the daemon now. lookup() and wait() count the first lane of a broker only.
  std::uint32_t in_flight = 0;
  std::string direct{};  ///< where the daemon listens itself; empty if it does not
  bool durable = false;  ///< kept on disk by the broker
  bool stale = false;    ///< durable, and nobody serves it now: calls wait for its owner to return

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(object_id), CEREAL_NVP(interface), CEREAL_NVP(interface_hash),
       CEREAL_NVP(tags), CEREAL_NVP(owner), CEREAL_NVP(target), CEREAL_NVP(mode),
       CEREAL_NVP(registration), CEREAL_NVP(lease_ms), CEREAL_NVP(in_flight), CEREAL_NVP(direct),
       CEREAL_NVP(durable), CEREAL_NVP(stale));
  }
};

/// Which entries are meant. Empty fields match everything; all that are set must match.
struct NameFilter {
  std::string prefix{};
  std::string regex{};           ///< ECMAScript, must match the whole name; at most 255 bytes
  std::set<std::string> tags{};  ///< entries that have all of these tags ...
  bool any_tag = false;          ///< ... or, with any_tag, at least one

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(prefix), CEREAL_NVP(regex), CEREAL_NVP(tags), CEREAL_NVP(any_tag));
  }
};

enum class NameEvent : std::uint8_t {
  entered = 0,
  changed = 1,  ///< its tags or other texts
  removed = 2,  ///< or it does not match the filter any more
};

/// What happened to an entry that somebody watches.
struct NameChange {
  NameEvent kind = NameEvent::entered;
  NameEntry entry{};  ///< as it is now; as it was when it is removed

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(kind), CEREAL_NVP(entry));
  }
};

/// The operations of the name server. Use it through `rmi::Proxy<rmi::Names>(bus, "rmi.names")`.
/// Errors: BadArguments for a malformed name, tag, regex or URI; others are named below.
class Names {
 public:
  virtual ~Names() = default;
  /// Enters a name. A session may repeat its own offer: that renews it and changes its tags.
  /// A durable name is answered for when it is on disk, and not entered when that fails.
  /// @return the registration number. @throws NameTaken with the owner, Overloaded.
  virtual std::uint64_t enter(const NameOffer& offer) = 0;
  /// The registration that a call to that name would reach now. @throws NameNotFound
  virtual NameEntry lookup(const std::string& name) = 0;
  /// All matching entries, by name.
  virtual std::vector<NameEntry> list(const NameFilter& filter) = 0;
  /// Number of matching entries.
  virtual std::uint64_t count(const NameFilter& filter) = 0;
  /// Removes the entries of one name. @return how many; 0 is not an error.
  virtual std::uint64_t remove(const std::string& name) = 0;
  /// Removes all matching entries; the filter must not be empty. `rmi.` names stay.
  virtual std::uint64_t remove_matching(const NameFilter& filter) = 0;
  /// Removes only the caller's own registration with that number (a daemon's unserve).
  virtual bool withdraw(std::uint64_t registration) = 0;
  /// The same for the end of a daemon, not of its name: a durable one stays, stale.
  virtual bool release(std::uint64_t registration) = 0;
  /// The tags of a name. @throws NameNotFound
  virtual std::set<std::string> tags(const std::string& name) = 0;
  /// Replaces the tags of a name. @throws NameNotFound
  virtual void set_tags(const std::string& name, const std::set<std::string>& tags) = 0;
  /// Returns when the name is there, at once if it is already; ends with the call's deadline.
  virtual NameEntry wait(const std::string& name) = 0;
  /// What happens to matching entries from now on; first those that are there, as entered. It ends
  /// with Overloaded when its reader is too slow: watch again. It lives as long as this session.
  virtual Stream<NameChange> watch(const NameFilter& filter) = 0;
  /// Does nothing: a sign of life.
  virtual void ping() = 0;
};

RMI_INTERFACE(
    Names, (enter, rmi::params("offer"), rmi::doc("Enters a name; returns its registration.")),
    (lookup, rmi::params("name"), rmi::doc("What a call to that name would reach now.")),
    (list, rmi::params("filter"), rmi::doc("All matching entries, by name.")),
    (count, rmi::params("filter"), rmi::doc("Number of matching entries.")),
    (remove, rmi::params("name"), rmi::doc("Removes a name; returns how many entries it had.")),
    (remove_matching, rmi::params("filter"), rmi::doc("Removes all matching entries.")),
    (withdraw, rmi::params("registration"), rmi::doc("Removes one registration of the caller.")),
    (release, rmi::params("registration"),
     rmi::doc("Ends one registration of the caller; a durable name stays, stale.")),
    (tags, rmi::params("name"), rmi::doc("The tags of a name.")),
    (set_tags, rmi::params("name", "tags"), rmi::doc("Replaces the tags of a name.")),
    (wait, rmi::params("name"), rmi::doc("Returns when the name is there.")),
    (watch, rmi::params("filter"), rmi::doc("The matching entries, and what happens to them.")),
    (ping, rmi::doc("Does nothing: a sign of life.")));

}  // namespace rmi
