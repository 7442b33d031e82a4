// Threads that wait for the ends of asynchronous calls, and bring them about themselves.
#include <algorithm>
#include <utility>

#include <rmi/detail/future_state.hpp>

#include "bus/channel.hpp"

namespace rmi {
namespace {

using std::chrono::steady_clock;

/// Continuations of what this thread completes are for the workers: its program may hold a lock
/// that they take.
class ForWorkers final : public detail::ContinuationSink {
 public:
  explicit ForWorkers(Channel& channel) noexcept
      : channel_(channel), before_(detail::set_continuation_sink(this)) {}
  ~ForWorkers() { detail::set_continuation_sink(before_); }
  ForWorkers(const ForWorkers&) = delete;
  ForWorkers& operator=(const ForWorkers&) = delete;

  void take(detail::Continuation* oldest) noexcept override {
    struct Continuing final : Work {
      explicit Continuing(detail::Continuation* list) : first(list) {}
      void run() override { detail::run_continuations(first); }
      detail::Continuation* const first;
    };
    channel_.submit(std::make_shared<Continuing>(oldest));
  }

 private:
  Channel& channel_;
  detail::ContinuationSink* const before_;
};

}  // namespace

/// A thread in help().
struct Channel::Helper : Waiter {
  explicit Helper(const void* what) : Waiter(false), waits_for(what) { helps = true; }
  const void* const waits_for;
};

/// Where workers receive anyhow, and where somebody counts on them to do so, they do.
bool Channel::may_help() const noexcept {
  return helpable_ && !serves_ && awaited_ == 0 && work_fd_ < 0;
}

void Channel::help(const void* waits_for, detail::FunctionRef<bool()> ready, SteadyTime deadline) {
  Helper self(waits_for);
  Lock lock(mutex_);
  bool polled = false;
  while (!ready() && may_help() && steady_clock::now() < deadline) {
    if (leader_ != nullptr && leader_ != &self) {
      if (!leader_->worker) {
        follow(lock, self, deadline);
        continue;
      }
      poke_leader();  // it sees that it leads no more
      polling_ = false;
    }
    leader_ = &self;
    resting_ = false;
    if (std::exchange(polled, false) || !shows_all()) receive_all(nullptr);
    if (has_work()) wake_worker();
    if (ended_.empty()) {
      poll_socket(lock, self, deadline);
      polled = true;
    } else {
      run_ended(lock);
    }
  }
  if (leader_ == &self) leave_unattended();
}

/// On return this thread does not lead.
void Channel::run_ended(Lock& lock) {
  auto ended = std::exchange(ended_, {});
  leave_unattended();
  lock.unlock();
  {
    const ForWorkers continuations(*this);
    for (const auto& completion : ended)
      completion->run();
    ended.clear();
  }
  lock.lock();
}

/// A thread that helped goes. Another one that waits leads now, or nobody: those that wait for the
/// ends of calls come again, and the stand-by looks whether they do.
void Channel::leave_unattended() {
  leader_ = nullptr;
  for (auto& completion : std::exchange(ended_, {}))
    tasks_.push_back(std::move(completion));
  if (followers_.first(false) != nullptr) return hand_over();
  if (has_work() || !may_help() || standby_ == nullptr) return wake_worker();
  resting_ = false;
  watch(steady_clock::now());
}

void Channel::wake_helper(const void* waits_for) {
  const auto is_it = [&](const Waiter& waiter) {
    return waiter.helps && static_cast<const Helper&>(waiter).waits_for == waits_for;
  };
  const Lock lock(mutex_);
  if (leader_ != nullptr && is_it(*leader_)) return poke_leader();
  Waiter* waiter = followers_.first();
  while (waiter != nullptr && !is_it(*waiter))
    waiter = waiter->next;
  if (waiter == nullptr) return;
  followers_.remove(*waiter);
  waiter->tell(Waiter::look);
}

void Channel::await(Completion& completion) {
  const Lock lock(mutex_);
  completion.awaited = true;
  if (!completion.pending || std::exchange(completion.counted, true)) return;
  ++awaited_;
  if (leader_ == nullptr) wake_worker();
}

void Channel::refuse_help() {
  const Lock lock(mutex_);
  helpable_ = false;
  if (helped()) poke_leader();
  for (Waiter* waiter = followers_.first(); waiter != nullptr;) {
    Waiter* const next = waiter->next;
    if (waiter->helps) {
      followers_.remove(*waiter);
      waiter->tell(Waiter::look);
    }
    waiter = next;
  }
}

void Channel::set_pending(Completion& completion, bool pending) noexcept {
  completion.pending = pending;
  pending ? ++completions_ : --completions_;
  if (completion.counted) --awaited_;
  completion.counted = pending && completion.awaited;
  if (completion.counted) ++awaited_;
}

}  // namespace rmi
