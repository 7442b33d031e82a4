// Admission, completion and expiry of calls.
#include "daemon/scheduler.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "bus/wire.hpp"

namespace rmi {
namespace {

wire::Header header_of(const Frame& frame) {
  return std::get<wire::View>(wire::parse(frame.bytes())).header;
}

template <class Drop>
void move_if(std::deque<Job>& from, std::vector<Job>& to, Drop drop) {
  const auto kept =
      std::stable_partition(from.begin(), from.end(), [&](const Job& job) { return !drop(job); });
  std::move(kept, from.end(), std::back_inserter(to));
  from.erase(kept, from.end());
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

std::optional<Scheduler::Running> Scheduler::admit(Job job) {
  ObjectQueue& queue = *job.queue;
  if (!queue.concurrent && queue.busy) {
    queue.waiting.push_back(std::move(job));
    ++waiting_;
    return std::nullopt;
  }
  queue.busy = true;
  if (running_.size() >= threads_) {
    ready_.push_back(std::move(job));
    ++waiting_;
    return std::nullopt;
  }
  return start(std::move(job));
}

Scheduler::Running Scheduler::start(Job job) {
  const wire::Header header = header_of(job.frame);
  const auto ticket = running_.insert(
      {job.queue, job.link, header.call_id, header.registration, job.received, job.expiry});
  return {std::move(job), ticket};
}

std::optional<Scheduler::Running> Scheduler::finish(std::uint64_t ticket) {
  if (const auto entry = running_.take(ticket)) release(*entry->queue);
  return next();
}

std::optional<Scheduler::Running> Scheduler::next() {
  if (ready_.empty() || running_.size() >= threads_) return std::nullopt;
  Job job = std::move(ready_.front());
  ready_.pop_front();
  --waiting_;
  return start(std::move(job));
}

/// An object has one call less: its next one gets in line for a thread.
void Scheduler::release(ObjectQueue& queue) {
  if (queue.concurrent) return;
  if (queue.waiting.empty()) {
    queue.busy = false;
    return;
  }
  ready_.push_back(std::move(queue.waiting.front()));
  queue.waiting.pop_front();
}

bool Scheduler::wants_answer(std::uint64_t ticket) const {
  const Entry* entry = running_.find(ticket);
  return entry != nullptr && !entry->reported;
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
    release(*job.queue);
    dropped.push_back(std::move(job));
  }
}

std::vector<Scheduler::Expired> Scheduler::expire(SteadyTime now) {
  std::vector<Job> dropped;
  if (waiting_ != 0) remove_waiting([now](const Job& job) { return job.expiry <= now; }, dropped);
  std::vector<Expired> expired;
  for (Job& job : dropped)
    expired.push_back({std::move(job), false});
  running_.for_each([&](std::uint64_t, Entry& entry) {
    if (entry.reported || entry.expiry > now) return;
    entry.reported = true;
    Frame ids =
        wire::build({.call_id = entry.call_id, .registration = entry.registration}, {}, {}, 0);
    expired.push_back(
        {{std::move(ids), entry.link, entry.queue, entry.received, entry.expiry}, true});
  });
  return expired;
}

SteadyTime Scheduler::next_expiry() const {
  SteadyTime first = SteadyTime::max();
  const auto look = [&](const Job& job) { first = std::min(first, job.expiry); };
  for (const auto& weak : queues_)
    if (const auto queue = weak.lock()) std::ranges::for_each(queue->waiting, look);
  std::ranges::for_each(ready_, look);
  running_.for_each([&](std::uint64_t, const Entry& entry) {
    if (!entry.reported) first = std::min(first, entry.expiry);
  });
  return first;
}

bool Scheduler::cancel(Link link, std::uint64_t call_id) {
  std::vector<Job> dropped;
  remove_waiting(
      [&](const Job& job) { return job.link == link && header_of(job.frame).call_id == call_id; },
      dropped);
  return !dropped.empty();
}

}  // namespace rmi
