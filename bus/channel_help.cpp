// Threads that wait for the ends of asynchronous calls, and bring them about themselves.
#include <utility>

#include <rmi/detail/future_state.hpp>

#include "bus/channel.hpp"
#include "bus/for_workers.hpp"

namespace rmi {
using std::chrono::steady_clock;

/// Where others wait for answers, where calls come in, and where somebody counts on a worker to
/// receive, one does.
bool Channel::may_help() const noexcept {
  const bool led = leader_ != nullptr && !(leader_->worker && polling_);
  return helpable_ && !serves_ && awaited_ == 0 && work_fd_ < 0 && !led &&
         followers_.first(false) == nullptr;
}

bool Channel::help(const detail::StateBase& waits_for, detail::FunctionRef<bool()> over,
                   SteadyTime deadline) {
  Waiter self(false);
  self.helps = true;
  Lock lock(mutex_);
  for (bool polled = false; !over() && steady_clock::now() < deadline;) {
    if (leader_ != &self) {
      if (!may_help()) break;
      if (helper_returns_) note_return();
      poke_leader();  // a worker, which sees that it leads no more
      leader_ = &self;
      polling_ = false;
      resting_ = false;
      helper_returns_ = false;
    }
    flush();
    if (polled || !shows_all()) receive_all(nullptr);
    if (has_work()) wake_worker();
    polled = ended_.empty();
    if (polled)
      poll_socket(lock, self, deadline);
    else
      run_ended(lock, waits_for);
    if (!helpable_) break;
  }
  if (leader_ == &self) leave_unattended();
  lock.unlock();
  return over();
}

/// On return this thread does not lead: what ends a call may call somebody itself.
void Channel::run_ended(Lock& lock, const detail::StateBase& waits_for) {
  auto ended = std::exchange(ended_, {});
  starts_expected_ = ended.size();
  leave_unattended();
  lock.unlock();
  {
    const ForWorkers continuations(*this, waits_for);
    for (auto& completion : ended) {
      completion->run();
      completion = nullptr;
    }
  }
  lock.lock();
  ended.clear();
  if (ended_.empty()) ended_.swap(ended);  // its memory
}

/// The thread that helped goes, or ends what it has received.
void Channel::leave_unattended() {
  leader_ = nullptr;
  for (auto& completion : ended_)
    tasks_.push_back(std::move(completion));
  ended_.clear();
  if (followers_.first(false) != nullptr) return hand_over();
  if (has_work() || awaited_ > 0 || !helpable_ || standby_ == nullptr) return wake_worker();
  helper_returns_ = true;
  watch(steady_clock::now());
}

void Channel::wake_helper() {
  const Lock lock(mutex_);
  if (helped()) poke_leader();
}

void Channel::await(Completion& completion, std::uint64_t id) {
  const Lock lock(mutex_);
  if (std::exchange(completion.awaited, true) || pending_.find(id) == nullptr) return;
  ++awaited_;
  if (helper_returns_) wake_worker();
}

void Channel::refuse_help() {
  const Lock lock(mutex_);
  helpable_ = false;
  if (helped()) poke_leader();
}

}  // namespace rmi
