// The callable side of a connection: objects, their schedule, and the threads that run them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <rmi/detail/blocking.hpp>
#include <rmi/detail/reference_wire.hpp>
#include <rmi/detail/stream_source.hpp>

#include "bus/connection.hpp"
#include "bus/exports.hpp"
#include "bus/imports.hpp"
#include "bus/kept_replies.hpp"
#include "bus/local_calls.hpp"
#include "bus/object.hpp"
#include "bus/offered_calls.hpp"
#include "bus/retried_call.hpp"
#include "bus/scheduler.hpp"
#include "bus/sessions.hpp"
#include "bus/timers.hpp"

namespace rmi {

/// Each worker takes turns at the socket (see Channel): it receives a call, and runs it itself if
/// the schedule allows. There is one worker more than may run methods, so that somebody always
/// receives: a call that has to wait is queued with its time of arrival. A worker that waits inside
/// a method for another call is replaced meanwhile.
///
/// Thread safety: thread safe.
class Host final : public Route, private detail::Timers {
 public:
  struct Options {
    std::size_t threads = 2;  ///< methods that may run at once; 0: only in process()
    std::size_t max_waiting = 10000;
    std::size_t max_references = 1'000'000;
    std::size_t max_references_per_session = 100'000;
    std::size_t max_references_per_principal = 500'000;
    std::size_t max_message = default_max_message;
    std::string program;
    Annotations session_data;  ///< of our own, for those that ask
    SessionHooks hooks;        ///< for the sessions of our callers
    /// The broker asks to stop serving an object, or all if that is empty.
    std::function<void(Host& host, const std::string& object)> on_drain;
    LogSink log;
  };

  Host(Bus& bus, Connection& connection, Options options);
  /// Runs what is left of the tasks, and stops the workers.
  ~Host();
  /// Returns when all its threads have ended. Their methods may still call meanwhile, and are told
  /// that the bus is being closed.
  void stop();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Bus& bus() const noexcept { return bus_; }
  Connection& connection() const noexcept { return connection_; }
  rmi::Timers& timers() noexcept { return timers_; }
  detail::Timers& stream_timers() noexcept { return *this; }
  const ServedObject::Place& place() const noexcept { return place_; }
  void log(const LogLine& line) const {
    if (options_.log) options_.log(line);
  }

  // Objects with names.
  /// @throws std::invalid_argument  there is one of that name.
  std::shared_ptr<ServedObject> serve(std::string_view name, detail::ObjectDescription description,
                                      bool concurrent);
  bool unserve(std::string_view name);
  bool serves(std::string_view name) const;

  // Calls.
  /// Starts the workers; called by the channel when there is work for the first time.
  void start_workers();
  /// Runs what there is to do, without waiting. @return how many things.
  std::size_t process();
  /// A call from this process. The answer goes to `route`, perhaps before this returns.
  /// @param session  of the caller; 0 if it has none.
  void call_here(Frame request, Route& route, std::uint64_t link, std::uint32_t session);
  // Calls that somebody begins in this process, and may wait for (host_offered.cpp).
  /// @return the call, if the thread that waits for its end may run it; see help().
  Job offer_here(Frame request, Route& route, std::uint64_t link);
  /// For a thread that is about to wait for the end of that call: runs it, if that is the quickest.
  /// The answer goes to its route before this returns then.
  void help(const Job& job);
  /// Something waits for the end of such a call which does not help.
  void expect_no_help();
  /// Asked about a call that could run at once: whether it shall on the thread that brought it.
  using MayRunHere = std::function<bool(SteadyTime now)>;
  /// A call, or what belongs to one, that came over another route than the connection.
  void take_from(Route& route, Frame frame, std::uint64_t link,
                 const MayRunHere& may_run_here = {});
  // The same in two steps, for a route with a channel of its own.
  struct Intake;
  /// Under the channel's mutex: decides what becomes of a request, and does nothing that takes
  /// time.
  void take_in(Channel::Request&& request, Route& route, Intake& intake);
  /// Does it, with the mutex given back.
  void go_on(Intake& intake, const MayRunHere& may_run_here, SteadyTime now);
  /// For a thread that runs methods and must not be joined before the connection has ended, because
  /// they may wait for it: stop() does that.
  void join_at_end(std::thread helper);
  /// Nobody waits at that end of a route any more; `session`, if it is not 0, has ended with it.
  void lose(const Route& route, std::uint64_t link, std::uint32_t session, bool may_return);
  /// Its caller does not wait any more.
  void cancel_here(const Route& route, std::uint64_t link);
  LocalCalls& local_calls() noexcept { return local_calls_; }
  const std::shared_ptr<LocalReturns>& local_returns() const noexcept { return local_returns_; }
  /// No call is queued or running, or the time is over. @return whether all is quiet.
  bool wait_idle(SteadyTime deadline);
  /// What has kept it from being quiet, for the log: how many calls run and wait, and which run.
  std::string unfinished(SteadyTime now) const;
  /// Refuses calls from now on, as Draining.
  void drain() noexcept { draining_ = true; }
  /// Refuses those to names that do not come through the broker, which knows where to go.
  void refuse_detours() noexcept { detours_refused_ = true; }
  std::size_t running() const;
  /// Tells callers whose time is over. @return when to come again.
  SteadyTime expire(SteadyTime now);
  bool answer(Frame& frame, std::uint64_t link, bool takes_next) override {
    return connection_.put(frame, link, takes_next);
  }
  bool to_broker() const noexcept override { return true; }

  // Calls that are being answered.
  void will_answer_later(ServedCall& call);
  void answer_later(const Job& job, Frame answer);
  std::stop_token stop_token(ServedCall& call);
  /// The chain of the call, which it gets now if it has none.
  std::uint64_t chain_of(ServedCall& call);
  /// For the caller of `call` to mark its calls of that object with, which keeps replies.
  std::uint64_t new_ticket(const ServedCall& call);
  void block(ServedCall* call) noexcept;
  void unblock(ServedCall* call) noexcept;

  // References (host_references.cpp).
  std::string send_object(const detail::ReferenceKey& key,
                          detail::FunctionRef<detail::ObjectDescription()> describe,
                          bool concurrent, SteadyTime::duration linger);
  std::shared_ptr<const detail::Import> receive(const std::string& name);
  /// Tells owners about references that came and went, now instead of soon.
  void send_receipts();
  std::size_t references_out() const;
  std::size_t references_in() const { return imports_->size(); }
  Tickets& tickets() noexcept { return tickets_; }

  // Sessions (host_sessions.cpp).
  /// Our own number at the broker; 0 before there was a session.
  std::uint32_t own_session() const noexcept { return own_session_; }
  /// Waits for it at the first time, as a call through the broker would. @return 0 if it did not
  /// come.
  std::uint32_t own_session_by(SteadyTime deadline);
  void on_welcome(const Welcome& welcome);
  Sessions& sessions() noexcept { return sessions_; }
  /// @param may_return  the connection was lost: the same holder may come back in another session.
  void end_session(std::uint32_t session, bool may_return);
  /// Notes that something of ours depends on that session, and watches for its end.
  void keep_session(std::uint32_t session);
  /// @throws NameNotFound  it has ended. Blocks, at the first time, until the broker has answered.
  SessionInfo session_info(std::uint32_t session);
  /// Who made that call, for the log, as far as it is known without asking.
  std::string caller_text(const ServedCall& call) const;

  struct Counters {
    std::atomic<std::uint64_t> oneway_errors{0};  ///< oneways that were refused or threw
    std::atomic<std::uint64_t> extra_threads{0};  ///< started because others waited
  };
  const Counters& counters() const noexcept { return counters_; }
  /// The broker refused a call that nobody waits for; nothing is logged about other answers.
  void log_refused_oneway(const Frame& answer) const;

 private:
  /// What is served under one name.
  struct Served {
    std::shared_ptr<ServedObject> object;
    bool concurrent = false;
    std::shared_ptr<ObjectQueue> queue;  ///< null with an instance for each session
    std::unordered_map<std::uint32_t, std::shared_ptr<ObjectQueue>> by_session;
  };
  void after(std::chrono::milliseconds time, std::function<void()> act) override {
    timers_.at(std::chrono::steady_clock::now() + time, std::move(act));
  }
  void work(Channel::Worker& self);
  void handle(Intake& intake, SteadyTime now = std::chrono::steady_clock::now());
  void keep_instance(const Intake& intake);
  void run_here(const Intake& intake, SteadyTime now);
  void go_on_with(Job next);
  void offer(Job job);
  void run_offered();
  void look_after_offered();
  void ask_for_workers();
  void answer_aside(const Job& job);
  void admit(Job job, Intake& intake);
  std::shared_ptr<ObjectQueue> queue_for(const ServedCall& call, bool& begins);
  void run(Job job, SteadyTime now = std::chrono::steady_clock::now());
  Job execute(const Job& job, SteadyTime now);
  Job settle(const Job& job, Frame answer, bool takes_next);
  void run_ready();
  void refuse(const ServedCall& call, ErrorCode code);
  void run_session_calls();
  void call_session(const Job& job);
  void answer_session_call(const Job& job);
  void log_oneway_error(const ServedCall& call, std::string_view why);
  void report_cancelled(const ServedCall& call);
  void cancel(const Job& job);
  void report_expired(const Job& job, bool running, SteadyTime now);
  bool is_fresh(const Job& job, Intake& intake);
  void forget_mark(ServedCall& call);
  KeptReplies::Reply reply_to_keep(const ServedCall& call, const Frame& answer) const;
  void end_marked(ServedCall& call, KeptReplies::Reply reply, Frame& answer);
  Job latest_attempt(const Job& job);
  void answer_again(const Intake& intake);
  void stop_call(const Job& job);
  void add_worker();
  void wake_for(SteadyTime expiry);
  void schedule_receipts();
  void sweep_references();
  void begin_sweeping();
  std::uint32_t wait_for_own_session();
  void check_room_for(std::uint32_t session) const;
  void take_receipts(std::uint32_t session, const std::vector<Receipt>& receipts);
  void post_watch(std::uint32_t session);
  bool let_session_in(const Job& job, Frame& refusal);

  Bus& bus_;
  Connection& connection_;
  const Options options_;
  const ServedObject::Place place_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> detours_refused_{false};
  std::atomic<SteadyTime> next_wake_{SteadyTime::max()};
  std::atomic<std::uint32_t> own_session_{0};
  Counters counters_;

  mutable std::mutex mutex_;  ///< guards what follows; taken after the channel's
  std::condition_variable changed_;
  Scheduler scheduler_;
  OfferedCalls offered_;
  bool offered_watched_ = false;  ///< look_after_offered() follows
  using Objects = std::map<std::string, Served, std::less<>>;
  Objects objects_;
  Objects::iterator called_ = objects_.end();  ///< the last one that was called
  Exports exports_;
  bool sweeping_ = false;
  std::uint64_t epoch_ = 0;
  std::vector<std::thread> workers_;
  std::vector<std::thread> helpers_;  ///< see join_at_end()
  std::size_t blocked_ = 0;
  /// Calls that are over and whose answer is just being sent.
  std::atomic<std::size_t> answering_{0};
  std::atomic<std::size_t> watched_{0};  ///< threads that wait for `changed_`
  bool stopped_ = false;                 ///< belongs to whoever ends it
  bool stopping_ = false;
  std::deque<Job> session_calls_;  ///< of the session itself, to be done in order
  bool in_session_calls_ = false;  ///< a thread does them

  LocalCalls local_calls_{*this};
  const std::shared_ptr<LocalReturns> local_returns_ = std::make_shared<LocalReturns>(connection_);
  Sessions sessions_;
  Tickets tickets_;
  std::shared_ptr<Imports> imports_;
  std::mutex receipts_mutex_;  ///< receipts leave in the order in which they were taken
  rmi::Timers timers_;
};

/// What came of a request when it was taken in.
struct Host::Intake {
  Job job;            ///< a call
  bool runs = false;  ///< it runs now; else it was refused, or waits
  bool refused = false;
  bool held_up = false;       ///< it waits, perhaps only for what was left to a caller
  bool aside = false;         ///< needs no method of the object: waits for nothing
  bool repeated = false;      ///< a call that was here before: nothing is to be run
  KeptReplies::Reply kept{};  ///< what became of it then, if it is over
  ErrorCode code = ErrorCode::overloaded;
  bool for_session = false;          ///< it is for the session object
  bool begins = false;               ///< an instance for its session, which goes with that
  std::uint32_t gone = 0;            ///< that session has ended
  bool may_return = false;           ///< and its peer may begin another one
  std::optional<std::string> drain;  ///< that object, or all
  Job cancelled;
};

}  // namespace rmi
