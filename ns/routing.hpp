// The routing core: which frame goes where. Knows frames and peer handles, not libzmq.
//
// A call comes from a caller (routing_calls.cpp): its object's name is resolved, it gets a slot in
// the table of calls in flight, and goes on to the daemon with two header fields rewritten. The
// answer comes back with the slot, so that finding its caller is an array access.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rmi/log.hpp>

#include "bus/wire.hpp"
#include "ns/call_stats.hpp"
#include "ns/call_table.hpp"
#include "ns/counters.hpp"
#include "ns/held_names.hpp"
#include "ns/limits.hpp"
#include "ns/over_limit.hpp"
#include "ns/parked_calls.hpp"
#include "ns/principals.hpp"
#include "ns/registry.hpp"
#include "ns/transport.hpp"

namespace rmi::ns {

struct LimitReport;

/// Pure: time is a parameter and must not go backwards.
/// Thread safety: one thread at a time.
class Routing final : public NameEvents {
 public:
  struct Options {
    Limits limits{};
    std::string version{};                      ///< of the program, for welcomes
    std::uint64_t epoch = 1;                    ///< random number of this run
    Duration grace = std::chrono::seconds(10);  ///< for calls in flight when the broker drains
    std::uint32_t lanes = 1;                    ///< of the broker, for welcomes
    LogSink log{};
  };

  /// Borrows transport and registry.
  Routing(Transport& transport, Registry& registry, Options options, Time now);
  Routing(const Routing&) = delete;
  Routing& operator=(const Routing&) = delete;

  /// Where calls to builtin registrations go; before the first frame.
  void serve(LocalObjects& objects) noexcept { local_ = &objects; }
  /// It is one of several; before the first frame.
  void join(OtherLanes others) { others_ = std::move(others); }

  void on_frame(Peer from, Frame&& frame, Time now);
  /// A message of several frames came: there are no such messages in this protocol.
  void on_many_frames(Peer from, Time now);
  /// A message that does not come to its end; its connection is closed by the caller.
  /// @param from  nobody if it has not greeted.
  void on_endless(Peer from, std::string_view what);
  /// How many came from a peer that has greeted; 0 from others.
  std::uint64_t messages_of(Peer peer);
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

  /// Begins an orderly end: new calls are refused, those in flight may end within the grace time.
  void drain(Time now);
  bool draining() const noexcept { return stage_ != Stage::serving; }
  bool leaving() const noexcept { return stage_ == Stage::leaving; }
  /// Whether calls are here that a broker which ends in order waits for.
  bool at_work() const;
  /// Whether that has come to its end, so that stop() harms nobody. To be asked after each tick.
  bool drained(Time now);
  /// Tells a daemon to stop serving an object, or all and end if that is empty.
  void ask_to_drain(Peer daemon, std::string_view object_id);
  /// The sessions of that number or label, "greeter[4711] on alpha", with or without the host.
  std::vector<const Session*> sessions_called(std::string_view text) const;

  // What another lane says (routing_lanes.cpp).
  /// A oneway that came there. Nothing happens when that session has ended.
  void take_over(std::uint32_t session, Frame frame, Time now);
  /// That session has ended in the first lane.
  void end_session(std::uint32_t number, bool for_good, Time now);
  /// It did not renew its lease there: calls that it has fail.
  void lapse_session(std::uint32_t number, Time now);
  /// 0 if it has not greeted.
  std::uint32_t number_of(Peer peer) const;

  const Counters& counters() const noexcept { return counters_; }
  const StatsTable& stats() const noexcept { return stats_; }
  std::size_t sessions() const noexcept { return sessions_.size(); }
  std::size_t in_flight() const noexcept { return calls_.size(); }
  std::size_t parked() const noexcept { return parked_.size(); }
  void report_limits(LimitReport& report) const;
  /// Cookies of the connections of all sessions, as far as they are known.
  std::set<std::uint64_t> links() const;
  /// Null if no session has that number now.
  const Session* session_numbered(std::uint32_t number) const;

  bool answers(Owner owner) override;
  bool share_host(Peer caller, Owner owner) override;
  void entered(const Registry::Entered& entered) override;
  void removed(const Registry::Registrations& registrations, std::string_view by) override;
  void tagged(std::string_view name) override;
  void withdrawn(const RegistrationPtr& registration) override;

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
  /// A watcher whose queue was full when it should have been told.
  struct OwedGone {
    Peer watcher;
    std::uint32_t ended;
    std::uint16_t flags;
    Time next;
  };
  /// Of a daemon, or of the broker's own objects.
  struct Answer {
    std::uint64_t number;  ///< the caller's
    Frame& frame;
    std::string_view object;
    std::string_view method;
  };
  /// Of a broker's life.
  enum class Stage : std::uint8_t { serving, draining, leaving };
  static const std::array<KindRule, 15>& rules();

  // routing.cpp: each by its kind
  void take(Peer from, Frame& frame, Time now);
  void handle(Incoming& in);
  void on_hello(Incoming& in);
  void on_bye(Incoming& in);
  void on_ping(Incoming& in);
  void on_renew(Incoming& in);
  void on_misdirected(Incoming& in);
  void on_bundle(Incoming& in);
  std::size_t frames_ahead(std::size_t frames, std::size_t size) const noexcept;
  void welcome(Incoming& in);
  bool has_room(const Incoming& in, const std::string& principal);
  void begin(Incoming& in, const Hello& hello, Origin origin);
  std::uint32_t free_number();

  // routing_calls.cpp: calls
  void on_call(Incoming& in);
  void call_ownerless(Incoming& in, const Registry::Resolution& resolution);
  void call_private(Incoming& in);
  void call_local(Incoming& in, std::string_view name);
  bool call_daemon(Incoming& in, const RegistrationPtr& to, Session& daemon);
  CallStats& stats_of(Registration& to);
  bool within_limits(const Incoming& in, Session& daemon);
  bool stick(const Incoming& in, Registry::Resolution& resolution);

  // routing_oneway.cpp: calls without answer
  bool call_oneway(Incoming& in, Frame& frame, Registration& to, Session& daemon);
  bool within_oneway_limits(const Incoming& in, Session& daemon);

  // routing_unread.cpp: callers that do not read
  bool deliver(Session& to, Answer answer, Time now);
  std::optional<OverLimit> over_unread(const Session& to) const;
  void count_unread(Session& to, std::size_t size);
  void mark(Session& to);
  void on_pong(Incoming& in);
  void wait_for_reader(Session& session, Time now);
  void check_readers(Time now);
  std::optional<Time> next_reader_check() const;
  void end_if_full(Peer peer, std::uint64_t number, SendResult result);
  void end_stuck(Peer peer, Time now);

  // routing_answers.cpp: answers, and calls that wait for a name
  void on_answer(Incoming& in);
  void on_cancel(Incoming& in);
  void park(Incoming& in, std::string_view name, bool asked);
  void wake(std::string_view name, Time now);
  void wake_tagged(Time now);

  // routing_silence.cpp: callers that stand still
  Duration look_pause() const;
  std::optional<Time> next_look() const;
  void begin_looking(Time now);
  void look_for_silent_callers(Time now);

  // routing_watch.cpp: who wants to know of whose end
  void on_watch(Incoming& in);
  void tell_watchers(Session& ended, std::uint16_t flags, Time now);
  void tell_gone(Peer watcher, std::uint32_t ended, std::uint16_t flags, Time now);
  void tell_owed(Time now);

  // routing_drain.cpp: what goes in order, and may come back
  void take_leave(Time now);
  bool turn_away(const Incoming& in);
  void refuse_draining(Peer peer, std::uint64_t call_id, const std::string& call);
  void note_left(const Registry::Registrations& registrations);
  void call_missing(Incoming& in, std::string_view name);
  void call_left(const Incoming& in, std::string_view name);
  void expire_holds(Time now);

  // routing_lanes.cpp: other lanes
  void call_elsewhere(Incoming& in, std::string_view name);
  bool may_be_nested(const Session& session) const;

  // routing_loss.cpp: what goes away
  /// @param flags  of the gone that its watchers get.
  void lose(Peer peer, std::string_view how, Time now, std::uint16_t flags = 0);
  void fail_taken(Session& daemon, std::string_view how);
  void abandon_made(Session& caller, Time now);
  std::size_t end_calls();
  void expire_calls(Time now);
  void expire_leases(Time now);
  void ping_suspects(Time now);
  bool is_gone(Peer peer);
  void drop_names(Peer peer);
  void note_gone(Peer peer);
  void settle(Time now);
  void deliver_later_answers(Time now);

  Session* session_of(Peer peer);
  Session* numbered(std::uint32_t number);
  SendResult send(const Session& to, Frame& frame);
  SendResult tell(Peer peer, Frame frame);
  SendResult note_undelivered(Peer peer, SendResult result);
  void refuse(Peer peer, std::uint64_t call_id, ErrorCode code, Outcome outcome,
              const std::string& text);
  void refuse(const Incoming& in, ErrorCode code, const std::string& text) {
    refuse(in.peer, in.view.header.call_id, code, Outcome::not_executed, text);
  }
  void refuse_over(const Incoming& in, const OverLimit& over) {
    refuse(in, ErrorCode::overloaded, refused_.count(over));
  }
  std::string who(Peer peer) const;
  void note_malformed(Peer from, Frame* frame, std::string_view why);
  void log(const LogLine& line) const {
    if (options_.log) options_.log(line);
  }

  Transport& transport_;
  Registry& registry_;
  LocalObjects* local_ = nullptr;
  OtherLanes others_;
  const Options options_;
  const Limits& limits_ = options_.limits;
  Principals principals_;
  std::unordered_map<Peer, Session> sessions_;
  std::map<SessionId, Peer> peer_of_id_;
  std::unordered_map<std::uint32_t, Session*> by_number_;
  std::uint32_t last_number_ = 0;
  CallTable calls_;
  ParkedCalls parked_;
  StatsTable stats_;
  HeldNames held_{limits_.held_names};
  Counters counters_;
  LimitRefusals refused_;
  std::vector<Suspect> suspects_;
  std::vector<OwedGone> owed_;
  std::vector<Peer> slow_;             ///< over their limit of unread bytes
  std::vector<Peer> stuck_;            ///< that do not read, to be ended by settle()
  std::vector<Peer> gone_;             ///< found out while something else was done; see settle()
  Time gone_since_{};                  ///< the first of them
  std::vector<std::string> appeared_;  ///< names to wake parked calls for; see settle()
  Time next_look_{};                   ///< for silent callers
  Time last_tick_;
  Stage stage_ = Stage::serving;
  Time stage_end_{};  ///< when it ends at the latest
};

}  // namespace rmi::ns
