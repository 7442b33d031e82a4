// A channel that stays connected: one thread connects, greets, watches, and connects again.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <rmi/detail/extent.hpp>
#include <rmi/detail/function_ref.hpp>
#include <rmi/limits.hpp>
#include <rmi/log.hpp>

#include "bus/channel.hpp"
#include "bus/control.hpp"
#include "bus/event_fd.hpp"
#include "bus/help_gate.hpp"
#include "bus/socket.hpp"

namespace rmi {

/// What a Connection tells its owner. All are called on the connection's own thread, one at a
/// time; they may block (nothing else waits for that thread) and may call the Connection.
struct ConnectionEvents {
  /// A session is about to be greeted so. Completes that. @return false when it cannot be now.
  std::function<bool(Hello&)> introduce{};
  /// A session begins; nothing was sent in it yet. Must be quick and must not call the Connection,
  /// but for submit().
  std::function<void(const Welcome&)> welcome{};
  /// A session began: register what you serve.
  std::function<void(const Welcome&)> ready{};
  /// Called whenever the returned time has come and the connection is ready; at least once after
  /// ready. May throw rmi::Error, which is logged.
  std::function<SteadyTime(SteadyTime now)> tick{};
  /// There is work for next_work() for the first time: start threads.
  std::function<void()> need_workers{};
  /// An error came for a oneway, or an answer that nobody waits for.
  std::function<void(const Frame&)> unclaimed{};
};

class RetriedCall;

/// One call, as the caller sees it.
struct CallSpec {
  wire::Kind kind = wire::Kind::call;
  std::uint16_t flags = 0;
  std::string_view object;
  std::string_view method;
  std::uint32_t signature = 0;
  std::chrono::milliseconds timeout{30000};
  /// Where the time ends if it began before this attempt; else the timeout begins with it.
  std::optional<SteadyTime> deadline{};
  bool no_wait = false;    ///< fail at once without a session, or when who is there is leaving
  bool may_leave = false;  ///< the same, since there is another way that this call can take
  /// Make it again, within the time, when nobody knows whether it ran: that does no harm.
  bool repeat_if_lost = false;
  RetriedCall* retry = nullptr;  ///< what sees to it that it does none; null for idempotent methods
  detail::Extent payload = 0;
  std::span<const std::byte> annotations{};

  SteadyTime ends() const {
    return deadline ? *deadline : std::chrono::steady_clock::now() + timeout;
  }
};

/// A call that nobody waits for, until its end.
class PendingCall;

/// Thread safety: thread safe.
class Connection {
 public:
  struct Options {
    std::string endpoint;
    std::string program;
    std::size_t max_message = default_max_message;
    std::chrono::milliseconds heartbeat{6000};  ///< see LinkLimits
    std::shared_ptr<const LinkKeys> keys{};     ///< null for a connection without encryption
    bool wait_for_broker = true;  ///< false: a call fails at once when no broker is reached
    bool to_daemon = false;       ///< what listens there is no broker: for what people read
    bool to_lane = false;         ///< it is a further lane of one
    LogSink log;

    std::string_view peer() const noexcept { return to_daemon ? "daemon" : "broker"; }
  };

  Connection(Options options, ConnectionEvents events);
  /// Calls stop(), and returns when all threads are out of call().
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Makes a call and returns the frame of kind reply (or pong) that answers it.
  /// @param encode  writes the payload into exactly spec.payload.size bytes; may run again when
  ///                the call surely did not reach anybody.
  /// @throws the classes of <rmi/errors.hpp>, and what the method threw.
  Frame call(const CallSpec& spec, detail::FunctionRef<void(std::span<std::byte>)> encode);
  /// Hands a call over that nobody waits for; blocks only until there is room for it.
  /// @throws the classes of <rmi/errors.hpp>, all with `not_executed`.
  void call_oneway(const CallSpec& spec, detail::FunctionRef<void(std::span<std::byte>)> encode);
  /// Takes a call that cannot be sent now (connection_waiting.cpp). @return whether it waits.
  bool start(const std::shared_ptr<PendingCall>& call);

  /// Sends an answer, or something else that must not get lost, now or as soon as there is room for
  /// it; false if that link is gone, and with it whoever waited for it.
  bool put(Frame& frame, Link link, bool takes_next = false) {
    return channel_.put(frame, link, takes_next);
  }
  /// Has `act` run on a worker's thread.
  template <class Act>
  void submit(Act act) {
    struct Acting final : Work {
      explicit Acting(Act what) : act_(std::move(what)) {}
      void run() override { act_(); }
      Act act_;
    };
    submit_work(std::make_shared<Acting>(std::move(act)));
  }
  void submit_work(WorkPtr work) { channel_.submit(std::move(work)); }
  // See Channel.
  bool next_work(Channel::Worker& worker, Channel::TakeIn take_in, WorkPtr& task) {
    return channel_.next_work(worker, take_in, task);
  }
  bool poll_work(Channel::TakeIn take_in, WorkPtr& task) {
    return channel_.poll_work(take_in, task);
  }
  void expect_calls() { channel_.expect_calls(); }
  int work_fd() { return channel_.work_fd(); }
  std::size_t requests_waiting() { return channel_.requests_waiting(); }
  /// Ends next_work() for good, once no task is left.
  void close_work() { channel_.close(); }
  /// Says bye, and ends calls that are under way: what waits for them is told, or its tasks are
  /// there to be run. Nothing is sent from then on, and no thread helps. To be called once, before
  /// the destructor.
  void stop();

  /// Waits until the broker is there, the first attempts have failed, or the deadline.
  /// @return whether it is there.
  bool wait_until_resolved(SteadyTime deadline);
  /// Waits until there is a session, or the deadline. @return whether there is one.
  bool wait_until_ready(SteadyTime deadline);
  /// Threads that are in call() at this moment.
  std::uint32_t calls() const noexcept { return calls_; }
  bool ready() const noexcept { return ready_link_.load(std::memory_order_acquire) != 0; }
  /// If its session is another one than that, ends it as if the connection were lost. Connects, or
  /// greets, at once.
  void change_session(const SessionId& to);
  /// Makes `tick` run soon.
  void poke() noexcept;
  /// The link of the session; 0 without one.
  Link link() const noexcept { return ready_link_.load(std::memory_order_acquire); }
  const Options& options() const noexcept { return options_; }
  const std::shared_ptr<HelpGate>& help_gate() const noexcept { return help_gate_; }
  [[noreturn]] void throw_timeout(const CallSpec& spec) const;
  [[noreturn]] void throw_not_connected(const CallSpec& spec) const;
  std::exception_ptr not_connected(const CallSpec& spec) const;
  /// The latest welcome; meaningful once ready.
  Welcome welcome() const;
  /// The id of the session that it is for; all zero if there was none.
  SessionId session() const;

 private:
  enum class Phase : std::uint8_t { connecting, ready, away };

  void run();
  LinkLimits link_limits() const {
    return {options_.max_message, options_.heartbeat, options_.keys.get()};
  }
  bool attempt();
  bool await_link(LinkSocket& socket);
  bool greet(Link link);
  void watch(Link link);
  void watch_for(std::chrono::milliseconds time);
  Channel::Answer exchange(Frame&& request, Link link, SteadyTime deadline);
  void set_phase(Phase phase, Link link);
  void note_failure(std::string why, bool by_keys = false);
  void note_handshake(LinkEvent event);
  void back_off(std::size_t failures);
  bool pause(std::chrono::milliseconds time);
  Link wait_ready(const CallSpec& spec, SteadyTime deadline);
  void regreet(Link link);
  friend class PendingCall;
  // Parts of calls.
  enum class Verdict : std::uint8_t { reply, again, again_later };
  bool may_come_back(const CallSpec& spec) const;
  Verdict judge(const CallSpec& spec, const Frame& answer, Link link);
  [[noreturn]] void throw_end(const CallSpec& spec, Channel::End end) const;
  std::string not_connected_text(const CallSpec& spec) const;
  void send_waiting();
  std::shared_ptr<PendingCall> next_waiting();
  std::size_t size_limit() const noexcept {
    return std::min(options_.max_message, peer_limit_.load());
  }
  void check_size(const CallSpec& spec, std::size_t size) const;
  void give_up(std::uint64_t call_id, Link link);
  void log(const LogLine& line) const {
    if (options_.log) options_.log(line);
  }

  const Options options_;
  const ConnectionEvents events_;
  ZmqContext context_;
  Channel channel_;
  std::atomic<Link> ready_link_{0};
  std::atomic<Link> stale_link_{0};    ///< link whose session the broker does not know
  std::atomic<bool> outdated_{false};  ///< it is to change its session
  std::atomic<std::size_t> peer_limit_{default_max_message};
  std::atomic<SteadyTime> settled_at_{SteadyTime::min()};  ///< see may_come_back()
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> calls_{0};  ///< threads in call(); the destructor waits for them
  const std::shared_ptr<HelpGate> help_gate_ = std::make_shared<HelpGate>();
  EventFd wake_;
  std::atomic<std::thread::id> own_thread_{};  ///< the one that connects, greets and watches
  LinkSocket* socket_ = nullptr;  ///< of the link that there is; for the own thread only
  bool link_ended_ = false;       ///< the same

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable phase_changed_;
  Phase phase_ = Phase::connecting;
  Welcome welcome_;
  SessionId session_{};
  SessionId wanted_session_{};  ///< see change_session(); all zero for any
  std::string last_failure_;
  bool failed_by_keys_ = false;                       ///< see HandshakeFault
  std::size_t failures_ = 0;                          ///< attempts since the last session
  std::deque<std::shared_ptr<PendingCall>> waiting_;  ///< for a session, in the order they came
  /// Some wait, or are just being sent: what comes now queues behind them.
  std::atomic<bool> any_waiting_{false};
  std::mutex sending_;  ///< of those that wait: one thread at a time, so that they keep their order
  SteadyTime away_since_;

  std::thread thread_;
};

}  // namespace rmi
