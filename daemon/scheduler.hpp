// Which call runs now and which waits: pure, with no thread and no clock of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "bus/channel.hpp"
#include "bus/slot_table.hpp"

namespace rmi {

class ServedObject;

/// One object's place in the schedule.
struct ObjectQueue;

/// A call that was accepted, until it is answered.
struct Job {
  Frame frame;
  Link link = 0;
  std::shared_ptr<ObjectQueue> queue;
  SteadyTime received;
  SteadyTime expiry = SteadyTime::max();
};

struct ObjectQueue {
  ObjectQueue(std::shared_ptr<ServedObject> served, bool may_overlap)
      : object(std::move(served)), concurrent(may_overlap) {}
  const std::shared_ptr<ServedObject> object;
  const bool concurrent;  ///< several of its calls may run at once
  // For the Scheduler:
  bool busy = false;  ///< serialized: a call runs, or has its place in the ready queue
  std::deque<Job> waiting;
};

/// At most `threads` calls run at a time, and one at a time of a serialized object. What cannot
/// run waits in the order of arrival: of its object first, then of all.
/// Thread safety: one thread at a time.
class Scheduler {
 public:
  /// A call that may run now. Give it back with finish().
  struct Running {
    Job job;
    std::uint64_t ticket;
  };
  /// What expire() found.
  struct Expired {
    Job job;       ///< a queued one: it will not run
    bool running;  ///< false: queued. true: job.frame is a header with the ids only
  };

  /// @param max_waiting  stops a flood of calls from filling the memory.
  Scheduler(std::size_t threads, std::size_t max_waiting)
      : threads_(threads), max_waiting_(max_waiting) {}
  /// Drops what still waits: a waiting job and its object's queue hold each other.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// A place in the schedule for one object.
  /// @param concurrent  several of its calls may run at once; else one at a time.
  std::shared_ptr<ObjectQueue> add(std::shared_ptr<ServedObject> object, bool concurrent);

  bool full() const noexcept { return waiting_ >= max_waiting_; }
  std::size_t waiting() const noexcept { return waiting_; }
  std::size_t running() const noexcept { return running_.size(); }

  /// Takes a call. @return it, if it may run now; nothing if it waits.
  std::optional<Running> admit(Job job);
  /// A call has run. @return the next one that may run in its place.
  std::optional<Running> finish(std::uint64_t ticket);
  /// Whether the caller of a running call still waits for its answer: false once it was told that
  /// its time is over.
  bool wants_answer(std::uint64_t ticket) const;

  /// Removes waiting calls whose time is over and marks running ones; each is reported once.
  std::vector<Expired> expire(SteadyTime now);
  /// Earliest expiry of all that wait or run unreported; SteadyTime::max() if none.
  SteadyTime next_expiry() const;
  /// Removes a waiting call whose caller gave up. @return whether it was still waiting.
  bool cancel(Link link, std::uint64_t call_id);

 private:
  struct Entry {
    std::shared_ptr<ObjectQueue> queue;
    Link link;
    std::uint64_t call_id;
    std::uint64_t registration;
    SteadyTime received;
    SteadyTime expiry;
    bool reported = false;
  };

  Running start(Job job);
  std::optional<Running> next();
  /// Moves the waiting jobs that `drop` says to `dropped`, and lets what they held up go on.
  template <class Drop>
  void remove_waiting(Drop drop, std::vector<Job>& dropped);
  void release(ObjectQueue& queue);

  const std::size_t threads_;
  const std::size_t max_waiting_;
  std::size_t waiting_ = 0;
  std::deque<Job> ready_;  ///< may run as soon as a thread is free
  std::vector<std::weak_ptr<ObjectQueue>> queues_;
  SlotTable<Entry> running_;
};

}  // namespace rmi
