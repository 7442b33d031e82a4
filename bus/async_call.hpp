// A call that nobody waits for: sent when it can be, made again when it surely did not run, and
// ended by its answer, its deadline, or whoever gives it up.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rmi/detail/invoke.hpp>

#include "bus/connection.hpp"
#include "bus/direct.hpp"
#include "bus/lane_trails.hpp"
#include "bus/local_calls.hpp"
#include "bus/retried_call.hpp"
#include "bus/timers.hpp"

namespace rmi {

/// Thread safety: thread safe. Its end is told once, on a worker's thread of the connection or
/// on one that waits for its future.
class PendingCall final : public Channel::Completion,
                          public detail::AsyncCall,
                          public Timer,
                          public std::enable_shared_from_this<PendingCall> {
 public:
  /// Which way it takes.
  struct Way {
    std::shared_ptr<DirectLink> link;  ///< goes over that first
    bool may_leave = true;             ///< and then through the broker, if nothing takes it there
    bool in_process = false;           ///< try that first
    std::shared_ptr<LaneTrails::Call> trail{};  ///< while it goes over the first lane
  };
  /// @param spec     has begun now, and has its deadline.
  /// @param retry    of the spec.
  /// @param request  as it is to be sent now.
  PendingCall(const detail::CallTarget& target, const detail::CallMethod& method,
              const CallSpec& spec, Way&& way, std::shared_ptr<RetriedCall> retry, Frame&& request,
              std::shared_ptr<detail::AsyncEnd>&& end);
  /// One that nobody has ended ends as a broken promise.
  ~PendingCall() override;

  void begin();
  /// On such a thread: an answer is there, or it is to look again whether it can be sent.
  void run() override;
  void cancel() noexcept override;
  // For threads that wait for its future (async_help.cpp).
  void help(const detail::StateBase& state, SteadyTime deadline) noexcept override;
  void wake_helper() noexcept override;
  void await() noexcept override;

 private:
  friend class Connection;
  void send();
  bool send_now(std::exception_ptr& failure);
  Frame& next_attempt();
  void on_reply();
  void on_error();
  void on_end(Channel::End end);
  /// The last attempt may have run.
  void note_loss() noexcept {
    may_have_run_ = true;
    if (retry_) retry_->note_loss();
  }
  void renew() noexcept;
  void send_later();
  void on_time() override;
  std::shared_ptr<Timer> keep() noexcept override { return weak_from_this().lock(); }
  bool give_up() noexcept;
  void end_trail(bool answered) noexcept;
  // Within the process (async_here.cpp).
  bool try_here();
  bool try_here_now();
  bool start_here();
  void end_early() noexcept;
  void help_here(const detail::StateBase& state);
  void expect_no_help_here();
  void on_lost_here(Host& host, std::uint64_t id);
  /// @return whether this thread may tell the end.
  bool claim() noexcept { return !over_.exchange(true); }
  void fail(std::exception_ptr error) noexcept;
  void await_inside() noexcept;
  bool may_leave() const noexcept;
  bool leave_link(const std::exception_ptr& error) noexcept;
  std::exception_ptr as_it_stands(std::exception_ptr error) const noexcept;
  template <class Act>
  void fail_with(Act&& act) noexcept;
  CallSpec spec() const;

  /// What is left of the spec when the request has been built.
  struct Wanted {
    std::string object;
    std::string method;
    std::string (*print)(std::string_view);
    std::chrono::milliseconds timeout;
    SteadyTime deadline;
    bool no_wait;
    bool repeat_if_lost;
  };

  Bus& bus_;
  Timers& timers_;
  const Wanted wanted_;
  Way way_;
  const std::shared_ptr<RetriedCall> retry_;
  /// Where it goes now. Changes once at most, while no attempt is under way.
  std::atomic<Connection*> connection_;
  Frame request_;  ///< of the last attempt, which shares it, or the next
  const std::shared_ptr<detail::AsyncEnd> end_;
  const bool may_be_helped_;
  const std::shared_ptr<HelpGate> gate_;  ///< of the bus, without which nothing here is there
  std::atomic<bool> over_{false};
  /// Set while it waits for the first session of the bus, to stay in the process then.
  std::shared_ptr<LocalReturns> early_;
  std::mutex mutex_;       ///< guards what follows
  std::uint64_t id_ = 0;   ///< of the attempt that is under way; 0 when none is
  bool answered_ = false;  ///< that attempt has ended, and is being looked at
  Link link_ = 0;
  Host* here_ = nullptr;                ///< who has that attempt, if it stays in the process
  std::weak_ptr<ServedCall> job_here_;  ///< there
  bool fresh_ = true;                   ///< the request was built just now
  bool tried_ = false;
  std::atomic<bool> may_have_run_{false};  ///< in an attempt before this one
};

}  // namespace rmi
