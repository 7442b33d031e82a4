// A channel that stays connected: one thread connects, greets, watches, and connects again.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <rmi/detail/function_ref.hpp>
#include <rmi/limits.hpp>
#include <rmi/log.hpp>

#include "bus/channel.hpp"
#include "bus/control.hpp"

namespace rmi {

/// What a Connection tells its owner. All are called on the connection's own thread, one at a
/// time; they may block (nothing else waits for that thread) and may call the Connection.
struct ConnectionEvents {
  /// A session began: register what you serve.
  std::function<void(const Welcome&)> ready;
  /// Called whenever the returned time has come and the connection is ready; at least once after
  /// ready. May throw rmi::Error, which is logged.
  std::function<SteadyTime(SteadyTime now)> tick;
};

/// One call, as the caller sees it.
struct CallSpec {
  wire::Kind kind = wire::Kind::call;
  std::uint16_t flags = 0;
  std::string_view object;
  std::string_view method;
  std::uint32_t signature = 0;
  std::chrono::milliseconds timeout{30000};
  bool no_wait = false;  ///< fail at once when there is no session, instead of waiting for one
  std::size_t payload_size = 0;
};

/// Thread safety: thread safe.
class Connection {
 public:
  struct Options {
    std::string endpoint;
    std::string program;
    std::size_t max_message = default_max_message;
    bool serves = false;
    bool wait_for_broker = true;  ///< false: a call fails at once when no broker is reached
    LogSink log;
  };

  Connection(Options options, ConnectionEvents events);
  /// Says bye, ends calls that wait with NotConnected or ConnectionLost, and returns when they are
  /// out.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Makes a call and returns the frame of kind reply (or pong) that answers it.
  /// @param encode  writes the payload into exactly spec.payload_size bytes; may run again when
  ///                the call surely did not reach anybody.
  /// @throws the classes of <rmi/errors.hpp>, and what the method threw.
  Frame call(const CallSpec& spec, detail::FunctionRef<void(std::span<std::byte>)> encode);

  /// Sends an answer; false if that link is gone, and with it whoever waited for it.
  bool post(Frame& frame, Link link, bool takes_next) {
    return channel_.post(frame, link, takes_next);
  }
  std::optional<Channel::Request> next_request(SteadyTime previous_taken) {
    return channel_.next_request(previous_taken);
  }
  std::size_t requests_waiting() { return channel_.requests_waiting(); }
  /// Ends next_request() for good.
  void close_requests() { channel_.close(); }

  /// Waits until the broker is there, the first attempts have failed, or the deadline.
  /// @return whether it is there.
  bool wait_until_resolved(SteadyTime deadline);
  /// Threads that are in call() at this moment.
  std::uint32_t calls() const noexcept { return calls_; }
  bool ready() const noexcept { return ready_link_.load(std::memory_order_acquire) != 0; }
  /// Makes `tick` run soon.
  void poke() noexcept;
  const Options& options() const noexcept { return options_; }
  /// The latest welcome; meaningful once ready.
  Welcome welcome() const;

 private:
  enum class Phase : std::uint8_t { connecting, ready, away };

  void run();
  bool attempt();
  bool await_link(DealerSocket& socket);
  bool greet(Link link);
  void watch(DealerSocket& socket, Link link);
  void set_phase(Phase phase, Link link);
  void note_failure(std::string why);
  void back_off(std::size_t failures);
  bool pause(std::chrono::milliseconds time);
  Link wait_ready(const CallSpec& spec, SteadyTime deadline);
  void regreet(Link link);
  // Parts of call().
  bool accept(const CallSpec& spec, const Frame& answer, Link link, SteadyTime deadline);
  void check_size(const CallSpec& spec, std::size_t size) const;
  void give_up(std::uint64_t call_id, Link link);
  [[noreturn]] void throw_timeout(const CallSpec& spec) const;

  void log(LogLevel level, const std::string& text) const {
    if (options_.log) options_.log(level, text);
  }

  const Options options_;
  const ConnectionEvents events_;
  ZmqContext context_;
  Channel channel_;
  std::atomic<Link> ready_link_{0};
  std::atomic<Link> stale_link_{0};  ///< link whose session the broker does not know
  std::atomic<std::size_t> peer_limit_{default_max_message};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> calls_{0};  ///< threads in call(); the destructor waits for them
  int wake_fd_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable phase_changed_;
  Phase phase_ = Phase::connecting;
  Welcome welcome_;
  std::string last_failure_;
  std::size_t failures_ = 0;  ///< attempts since the last session
  SteadyTime away_since_;

  std::thread thread_;
};

}  // namespace rmi
