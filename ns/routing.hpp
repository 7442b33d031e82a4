// The routing core: which frame goes where. Knows frames and peer handles, not libzmq.
//
// A call comes from a caller (routing_calls.cpp): its object's name is resolved, it gets a slot in
// the table of calls in flight, and goes on to the daemon with two header fields rewritten. The
// answer comes back with the slot, so that finding its caller is an array access.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rmi/log.hpp>

#include "bus/wire.hpp"
#include "ns/call_table.hpp"
#include "ns/counters.hpp"
#include "ns/limits.hpp"
#include "ns/parked_calls.hpp"
#include "ns/registry.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

/// Pure: time is a parameter and must not go backwards.
/// Thread safety: one thread at a time.
class Routing final : public NameEvents {
 public:
  struct Options {
    Limits limits{};
    std::string version{};    ///< of the program, for welcomes
    std::uint64_t epoch = 1;  ///< random number of this run
    LogSink log{};
  };

  /// Borrows transport and registry.
  Routing(Transport& transport, Registry& registry, Options options, Time now);
  Routing(const Routing&) = delete;
  Routing& operator=(const Routing&) = delete;

  /// Where calls to builtin registrations go; before the first frame.
  void serve(LocalObjects& objects) noexcept { local_ = &objects; }

  void on_frame(Peer from, Frame frame, Time now);
  /// A message of several frames came: there are no such messages in this protocol.
  void on_many_frames(Peer from, Time now);
  /// The peer's connection has ended.
  void on_gone(Peer peer, Time now);
  /// The peer's connection may have ended: it is pinged now and, because the news may be faster
  /// than libzmq's own, a few times more.
  void suspect(Peer peer, Time now);
  void suspect_all(Time now);
  /// Runs what is due: deadlines, leases, pings.
  void tick(Time now);
  /// When to tick next; nothing means when the next frame comes.
  std::optional<Time> next_timer() const;
  /// Ends every call with an error that says the broker stops.
  void stop(Time now);

  const Counters& counters() const noexcept { return counters_; }
  std::size_t sessions() const noexcept { return sessions_.size(); }
  std::size_t in_flight() const noexcept { return calls_.size(); }
  std::size_t parked() const noexcept { return parked_.size(); }

  bool answers(Owner owner) override;
  void entered(const Registry::Entered& entered) override;
  void removed(const Registry::Registrations& registrations, std::string_view by) override;

 private:
  /// One frame on its way through the core.
  struct Incoming {
    Peer peer;
    Session* session;  ///< null for a stranger
    Frame& frame;
    wire::View view;  ///< of frame
    Time now;
    Time since;  ///< when it came first; earlier than now if it was parked
  };
  using Handler = void (Routing::*)(Incoming&);
  struct KindRule {
    Handler handler = nullptr;
    bool for_strangers = false;    ///< allowed before hello
    bool answer_stranger = false;  ///< else: whether he is told so
  };
  struct Suspect {
    Peer peer;
    Time next;
    std::size_t pings;
  };
  static const std::array<KindRule, 11>& rules();

  // routing.cpp: sessions
  void handle(Incoming& in);
  void on_hello(Incoming& in);
  void on_bye(Incoming& in);
  void on_ping(Incoming& in);
  void on_pong(Incoming& in);
  void on_renew(Incoming& in);
  void on_misdirected(Incoming& in);
  void welcome(Incoming& in);

  // routing_calls.cpp: calls and answers
  void on_call(Incoming& in);
  void on_answer(Incoming& in);
  void on_cancel(Incoming& in);
  void call_local(Incoming& in, const Registration& to);
  void call_missing(Incoming& in, std::string_view name);
  bool call_daemon(Incoming& in, const RegistrationPtr& to, Session& daemon);
  bool within_limits(const Incoming& in, const Session& daemon);
  void park(Incoming& in, std::string_view name);
  void wake(std::string_view name, Time now);

  // routing_loss.cpp: what goes away
  void lose(Peer peer, std::string_view how, Time now);
  void fail_taken(Session& daemon, std::string_view how);
  void abandon_made(Session& caller, Time now);
  void expire_calls(Time now);
  void expire_leases(Time now);
  void ping_suspects(Time now);
  bool is_gone(Peer peer);
  void drop_names(Peer peer);
  void settle(Time now);

  Session* session_of(Peer peer);
  void tell(Peer peer, Frame frame);
  void refuse(Peer peer, std::uint64_t call_id, ErrorCode code, Outcome outcome,
              const std::string& text);
  void refuse(const Incoming& in, ErrorCode code, const std::string& text) {
    refuse(in.peer, in.view.header.call_id, code, Outcome::not_executed, text);
  }
  void log(LogLevel level, const std::string& text) const {
    if (options_.log) options_.log(level, text);
  }

  Transport& transport_;
  Registry& registry_;
  LocalObjects* local_ = nullptr;
  const Options options_;
  const Limits& limits_ = options_.limits;
  std::unordered_map<Peer, Session> sessions_;
  std::map<SessionId, Peer> peer_of_id_;
  CallTable calls_;
  ParkedCalls parked_;
  Counters counters_;
  std::vector<Suspect> suspects_;
  std::vector<Peer> gone_;             ///< found out while something else was done; see settle()
  std::vector<std::string> appeared_;  ///< names to wake parked calls for; see settle()
  Time last_tick_;
};

}  // namespace rmi::ns
