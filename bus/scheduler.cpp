// Admission, completion and expiry of calls.
#include "bus/scheduler.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rmi {
namespace {

template <class Drop>
void move_if(std::deque<Job>& from, std::vector<Job>& to, Drop drop) {
  const auto kept =
      std::stable_partition(from.begin(), from.end(), [&](const Job& job) { return !drop(*job); });
  std::move(kept, from.end(), std::back_inserter(to));
  from.erase(kept, from.end());
}

/// The attempt to make the call that waits for its answer.
const ServedCall& waits_for(const ServedCall& call) {
  return call.newest ? *call.newest : call;
}

}  // namespace

std::shared_ptr<ObjectQueue> Scheduler::add(std::shared_ptr<ServedObject> object, bool concurrent) {
  // Only when the vector would grow: looking at all queues for each new one is quadratic.
  if (queues_.size() == queues_.capacity())
    std::erase_if(queues_, [](const auto& queue) { return queue.expired(); });
  auto queue = std::make_shared<ObjectQueue>(std::move(object), concurrent);
  queues_.push_back(queue);
  return queue;
}

Scheduler::~Scheduler() {
  for (const auto& weak : queues_)
    if (const auto queue = weak.lock()) queue->waiting.clear();
}

/// A nested call of the chain that is inside enters while that one waits for it. A oneway does not:
/// nobody waits for it, so it has its turn later.
bool Scheduler::may_enter(const ObjectQueue& queue, const ServedCall& call) const {
  if (queue.concurrent) return true;
  if (queue.inside.empty()) return !queue.promised;
  const ServedCall& inside = *queue.inside.back();
  return call.chain != 0 && call.chain == inside.chain && !call.oneway() && !queue.promised &&
         (inside.blocked != 0 || inside.suspended);
}

bool Scheduler::admit(const Job& job) {
  ObjectQueue& queue = *job->queue;
  if (!may_enter(queue, *job)) {
    queue.waiting.push_back(job);
    ++waiting_;
    return false;
  }
  // A thread of this process waits for a nested call: it takes that one's place.
  if (busy_ >= threads_ && queue.inside.empty()) {
    queue.promised = !queue.concurrent;
    ready_.push_back(job);
    ++waiting_;
    return false;
  }
  start(job);
  return true;
}

void Scheduler::start(const Job& job) {
  job->state = ServedCall::State::running;
  job->index = running_.size();
  running_.push_back(job);
  ++busy_;
  if (!job->queue->concurrent) job->queue->inside.push_back(job.get());
}

void Scheduler::finish(ServedCall& call) {
  if (call.state != ServedCall::State::running) return;
  call.state = ServedCall::State::over;
  if (!call.suspended && call.blocked == 0) --busy_;
  std::erase(call.queue->inside, &call);
  running_.back()->index = call.index;
  const Job kept = std::exchange(running_[call.index], nullptr);
  if (call.index + 1 != running_.size()) running_[call.index] = std::move(running_.back());
  running_.pop_back();
  let_in(*call.queue);
}

/// Puts the next call that may enter the object in line for a thread.
void Scheduler::let_in(ObjectQueue& queue) {
  if (queue.concurrent) return;
  const auto next =
      std::ranges::find_if(queue.waiting, [&](const Job& job) { return may_enter(queue, *job); });
  if (next == queue.waiting.end()) return;
  queue.promised = true;
  ready_.push_back(std::move(*next));
  queue.waiting.erase(next);
}

Job Scheduler::next() {
  if (!has_next()) return nullptr;
  Job job = std::move(ready_.front());
  ready_.pop_front();
  --waiting_;
  job->queue->promised = false;
  start(job);
  return job;
}

void Scheduler::suspend(ServedCall& call) {
  if (call.state != ServedCall::State::running || call.suspended) return;
  call.suspended = true;
  if (call.blocked == 0) --busy_;
  let_in(*call.queue);
}

void Scheduler::block(ServedCall& call) {
  if (call.blocked++ != 0 || call.suspended || call.state != ServedCall::State::running) return;
  --busy_;
  let_in(*call.queue);
}

void Scheduler::unblock(ServedCall& call) {
  if (--call.blocked != 0 || call.suspended || call.state != ServedCall::State::running) return;
  ++busy_;
}

bool Scheduler::innermost(const ServedCall& call) const {
  const ObjectQueue& queue = *call.queue;
  return queue.concurrent || queue.inside.empty() || queue.inside.back() == &call;
}

template <class Drop>
void Scheduler::remove_waiting(Drop drop, std::vector<Job>& dropped) {
  const std::size_t before = dropped.size();
  for (const auto& weak : queues_)
    if (const auto queue = weak.lock()) move_if(queue->waiting, dropped, drop);
  std::vector<Job> from_ready;
  move_if(ready_, from_ready, drop);
  waiting_ -= dropped.size() - before + from_ready.size();
  for (Job& job : from_ready) {
    job->queue->promised = false;
    let_in(*job->queue);
    dropped.push_back(std::move(job));
  }
}

std::vector<Scheduler::Expired> Scheduler::expire(SteadyTime now) {
  std::vector<Job> dropped;
  if (waiting_ != 0)
    remove_waiting([now](const ServedCall& call) { return call.expiry <= now; }, dropped);
  std::vector<Expired> expired;
  for (Job& job : dropped) {
    job->reported = true;
    expired.push_back({std::move(job), false});
  }
  for (const Job& job : running_) {
    if (job->reported || job->expiry > now) continue;
    job->reported = true;
    expired.push_back({job, true});
  }
  return expired;
}

SteadyTime Scheduler::next_expiry() const {
  SteadyTime first = SteadyTime::max();
  const auto look = [&](const Job& job) {
    if (!job->reported) first = std::min(first, job->expiry);
  };
  for (const auto& weak : queues_)
    if (const auto queue = weak.lock()) std::ranges::for_each(queue->waiting, look);
  std::ranges::for_each(ready_, look);
  std::ranges::for_each(running_, look);
  return first;
}

std::vector<Job> Scheduler::cancel_all(const Route* route, std::uint64_t link) {
  const auto meant = [&](const ServedCall& call) {
    const ServedCall& at = waits_for(call);
    return at.route == route && (link == 0 || at.link == link) && !call.oneway();
  };
  std::vector<Job> cancelled;
  if (waiting_ != 0) remove_waiting(meant, cancelled);
  for (const Job& job : running_)
    if (meant(*job)) cancelled.push_back(job);
  for (const Job& job : cancelled)
    job->cancelled = true;
  return cancelled;
}

Job Scheduler::cancel(const Route* route, std::uint64_t link, std::uint64_t call_id) {
  const auto meant = [&](const ServedCall& call) {
    const ServedCall& at = waits_for(call);
    return at.route == route && at.link == link && at.view.header.call_id == call_id &&
           !call.oneway();
  };
  for (const Job& job : running_)
    if (meant(*job)) {
      job->cancelled = true;
      return job;
    }
  std::vector<Job> dropped;
  if (waiting_ != 0) remove_waiting(meant, dropped);
  if (dropped.empty()) return nullptr;
  dropped.front()->cancelled = true;
  return dropped.front();
}

}  // namespace rmi
