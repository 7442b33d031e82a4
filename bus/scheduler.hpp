// Which call runs now and which waits: pure, with no thread and no clock of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "bus/served_call.hpp"

namespace rmi {

/// At most `threads` calls run at a time, and one at a time of a serialized object. What cannot
/// run yet waits: for its object in the order of arrival, then for a thread. A thread that waits
/// inside a call for another call does not count. A call that was made, directly or not, by the
/// one that is inside a serialized object may enter it as well: otherwise both would wait for ever.
///
/// Thread safety: one thread at a time.
class Scheduler {
 public:
  /// What expire() found.
  struct Expired {
    Job job;
    bool running;  ///< false: it waited, and will not run
  };

  /// @param max_waiting  stops a flood of calls from filling the memory.
  Scheduler(std::size_t threads, std::size_t max_waiting)
      : threads_(threads), max_waiting_(max_waiting) {}
  /// Drops what still waits: a waiting call and its object's queue hold each other.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// A place in the schedule for one instance.
  /// @param concurrent  several of its calls may run at once; else one at a time.
  std::shared_ptr<ObjectQueue> add(std::shared_ptr<ServedObject> object, bool concurrent);

  bool full() const noexcept { return waiting_ >= max_waiting_; }
  std::size_t waiting() const noexcept { return waiting_; }
  /// Calls that were begun and are not over.
  std::size_t running() const noexcept { return running_.size(); }
  std::span<const Job> all_running() const noexcept { return running_; }

  /// Takes a call. @return whether it runs now, on the caller's thread; else it waits.
  bool admit(const Job& job);
  /// A call that runs is over. What it held up goes on; see next().
  void finish(ServedCall& call);
  /// A call that may run now; null if there is none.
  Job next();
  bool has_next() const noexcept { return !ready_.empty() && busy_ < threads_; }

  /// The call answers later and gives its thread back; it still is inside of its object.
  void suspend(ServedCall& call);
  /// The call's thread waits for another call; until unblock() it does not count.
  void block(ServedCall& call);
  void unblock(ServedCall& call);
  /// Whether no other call has entered the object of this one after it.
  bool innermost(const ServedCall& call) const;

  /// Removes waiting calls whose time is over and marks running ones; each is returned once.
  std::vector<Expired> expire(SteadyTime now);
  /// Earliest expiry of all that wait or run unreported; SteadyTime::max() if none.
  SteadyTime next_expiry() const;
  /// The caller of a call gave up. @return the call: one that waited is removed, one that runs is
  /// marked; null if it is over.
  Job cancel(const Route* route, std::uint64_t link, std::uint64_t call_id);
  /// The same for all calls of a link; 0: of all links of the route.
  std::vector<Job> cancel_all(const Route* route, std::uint64_t link);

 private:
  void start(const Job& job);
  bool may_enter(const ObjectQueue& queue, const ServedCall& call) const;
  void let_in(ObjectQueue& queue);
  /// Moves the waiting calls that `drop` says to `dropped`, and lets what they held up go on.
  template <class Drop>
  void remove_waiting(Drop drop, std::vector<Job>& dropped);

  const std::size_t threads_;
  const std::size_t max_waiting_;
  std::size_t waiting_ = 0;
  std::size_t busy_ = 0;   ///< threads that run a call and do not wait inside it
  std::deque<Job> ready_;  ///< may run as soon as a thread is free
  std::vector<std::weak_ptr<ObjectQueue>> queues_;
  std::vector<Job> running_;
};

}  // namespace rmi
