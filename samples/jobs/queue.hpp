// A queue of jobs: whoever has numbers to factorize asks it, whoever can do that works for it.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include <rmi/interface.hpp>
#include <rmi/task.hpp>

using Factors = std::vector<std::uint64_t>;

class Worker {
 public:
  virtual ~Worker() = default;
  virtual Factors factorize(std::uint64_t number) = 0;
};
RMI_INTERFACE(Worker, factorize)

class JobQueue {
 public:
  /// A job is a coroutine: it waits for a worker, then for its work. No thread waits meanwhile.
  rmi::Task<Factors> factorize(std::uint64_t number) {
    for (;;) {
      const rmi::Ref<Worker> worker = co_await idle_worker();
      try {
        Factors factors = co_await worker.proxy().async()->factorize(number);
        work_for(worker);
        co_return factors;
      } catch (const rmi::Error&) {
        // That worker is gone. Another one does it.
      }
    }
  }

  void work_for(const rmi::Ref<Worker>& worker) {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) return idle_.push_back(worker);
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    if (!job.set_value(worker)) work_for(worker);  // nobody wants that job done any more
  }

 private:
  rmi::Future<rmi::Ref<Worker>> idle_worker() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return waiting_.emplace_back().get_future();
    auto worker = rmi::make_ready_future(idle_.front());
    idle_.pop_front();
    return worker;
  }

  std::mutex mutex_;
  std::deque<rmi::Ref<Worker>> idle_;
  std::deque<rmi::Promise<rmi::Ref<Worker>>> waiting_;
};
RMI_INTERFACE(JobQueue, factorize, work_for)
