// What the routing core needs of the world: a way to send, and the broker's own objects.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/frame.hpp"
#include "ns/registry.hpp"
#include "ns/session.hpp"

namespace rmi::ns {

enum class SendResult : std::uint8_t {
  sent,
  full,  ///< the peer's queue takes no more
  gone,  ///< there is no such peer any more
};

/// The connections. Called on the routing thread only; must not block.
class Transport {
 public:
  virtual ~Transport() = default;
  /// `frame` is taken when it was sent and untouched otherwise.
  virtual SendResult send(Peer to, Frame& frame) = 0;
  /// The same to a peer that takes bundles: it may leave together with what is sent to that peer
  /// next, but no later than before anything else is sent, or waited for.
  virtual SendResult send_bundled(Peer to, Frame& frame) { return send(to, frame); }
  /// What send_bundled() has kept back leaves now.
  virtual void flush() noexcept {}
  /// Who sent this frame.
  virtual Origin origin_of(Frame& received) = 0;
  /// Whether the core has had all that came until now. A peer that is gone may have said something
  /// before, which is still to come.
  virtual bool all_received() const noexcept { return true; }
  /// Ends a connection if it still is the one that it was.
  virtual void hang_up(const Link& /*link*/) {}
};

/// Who calls an object of the broker, and when.
struct LocalCaller {
  Peer peer = nobody;
  std::uint32_t session = 0;
  std::string_view text;  ///< "greeter[4711] on alpha"
  std::string_view principal{};
  std::string_view program{};
  std::size_t max_message = 0;  ///< largest frame that it accepts
  Session* who = nullptr;
  Time now;
};

/// The broker's own objects. Called on the routing thread only; must not block.
class LocalObjects {
 public:
  struct Result {
    Frame answer;                         ///< of kind reply or error
    std::optional<std::string> wait_for;  ///< instead: ask again when that name is served
    bool later = false;                   ///< instead: the answer comes out of take_answers()
  };
  struct Answer {
    Peer to = nobody;
    Frame frame;  ///< with the call id of the caller
  };
  virtual ~LocalObjects() = default;
  virtual Result call(const LocalCaller& caller, Frame& request) = 0;

  // Only objects that answer later need these.
  /// Later answers that are due now, each once. None to a peer that has ended.
  virtual std::vector<Answer> take_answers(Time /*now*/) { return {}; }
  /// When take_answers() has something even if nothing happens.
  virtual std::optional<Time> next_answer() const { return std::nullopt; }
  /// Whether an answer is still to come that a broker which ends in order waits for.
  virtual bool at_work() const { return false; }
  /// The caller does not want that answer any more. @return whether it was to come.
  virtual bool cancel(Peer /*peer*/, std::uint64_t /*call_id*/) { return false; }
  virtual void ended(Peer /*peer*/) {}
};

/// What an object that changes the registry must tell, or ask, the routing core.
class NameEvents {
 public:
  virtual ~NameEvents() = default;
  /// Whether the owner of a name is still connected. If not, its names are gone on return.
  virtual bool answers(Owner owner) = 0;
  /// Whether both run on the same machine, as far as they say.
  virtual bool share_host(Peer caller, Owner owner) = 0;
  virtual void entered(const Registry::Entered& entered) = 0;
  /// An entry of this name has other tags now.
  virtual void tagged(std::string_view name) = 0;
  /// Its owner gave it back.
  virtual void withdrawn(const RegistrationPtr& registration) = 0;
  /// @param by  who removed them, for the log.
  virtual void removed(const Registry::Registrations& registrations, std::string_view by) = 0;
};

/// Who wants to know of sessions. Called on the routing thread; must not block.
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;
  virtual void begun(const Session& session) = 0;
  virtual void ended(const Session& session, bool for_good) = 0;
  /// It did not renew its lease: the calls that it has have failed.
  virtual void lapsed(const Session& session) = 0;
};

/// What a further lane of a broker needs of the first one, which keeps names and sessions. Called
/// on the routing thread of the further lane; must not block.
class FirstLane {
 public:
  virtual ~FirstLane() = default;
  /// The number of a session; nothing if the first lane does not know it (any more).
  virtual std::optional<std::uint32_t> number_of(const SessionId& session) const = 0;
  /// Whether that session has served names.
  virtual bool is_daemon(std::uint32_t session) const = 0;
  /// A session has begun in this lane, too, or its connection to this lane has ended.
  virtual void greeted(const Session& session, Time now) = 0;
  virtual void left(const Session& session) = 0;
  /// A oneway that this lane cannot route. @return false when too many are on their way already;
  /// the frame is kept then.
  virtual bool pass_on(const Session& caller, Frame& frame) = 0;
};

/// Of a broker that has several.
struct OtherLanes {
  FirstLane* first = nullptr;          ///< null in the first lane
  SessionEvents* followers = nullptr;  ///< null in the others
  std::function<bool()> at_work{};     ///< this lane does not take its leave while that is so
};

}  // namespace rmi::ns
