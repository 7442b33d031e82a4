// A caller under load: threads that call without a pause, each in its way, until stdin ends.
//
//   drain-caller NAME THREADS
//
// Each line on stdin is answered with "marked" as soon as every thread has made a whole call since.
// What goes wrong is printed; the last line says how many calls came back and how many failed.
#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <rmi/bus.hpp>
#include <rmi/proxy.hpp>

#include "drain_ledger.hpp"

namespace {

using namespace std::chrono_literals;

/// One thread and its numbers.
struct Worker {
  std::uint64_t first = 0;
  std::atomic<std::uint64_t> done{0};
  std::thread thread;
};

class Load {
 public:
  Load(const std::string& name, std::uint64_t threads)
      : ledger_(rmi::Proxy<fault::Ledger>(bus_, name).with_timeout(5min)) {
    for (std::uint64_t at = 0; at < threads; ++at) {
      Worker& worker = workers_.emplace_back();
      worker.first = (at + 1) * 1'000'000'000;
      worker.thread = std::thread([this, &worker, way = at % 3] { call(worker, way); });
    }
  }
  ~Load() {
    stopping_ = true;
    for (Worker& worker : workers_)
      worker.thread.join();
    std::cout << calls_ << " calls, " << errors_ << " errors" << std::endl;
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Returns when each thread has begun and ended a call.
  void mark() {
    std::vector<std::uint64_t> before;
    for (Worker& worker : workers_)
      before.push_back(worker.done);
    for (std::size_t at = 0; at < before.size(); ++at)
      for (auto done = before[at]; done < before[at] + 2; done = workers_[at].done)
        workers_[at].done.wait(done);
  }

 private:
  /// @param way  0: waits for each answer; 1: a future; 2: straight to the daemon.
  void call(Worker& worker, std::uint64_t way) {
    const auto ledger = way == 2 ? ledger_.over(rmi::Path::direct) : ledger_;
    while (!stopping_) {
      const std::uint64_t number = worker.first + worker.done;
      try {
        const auto entered = way == 1 ? ledger.async()->enter(number).get() : ledger->enter(number);
        if (entered != number) throw std::runtime_error("the answer of another call");
        ++calls_;
      } catch (const std::exception& error) {
        ++errors_;
        const std::lock_guard lock(printing_);
        std::cout << "call " << number << " failed: " << error.what() << std::endl;
      }
      ++worker.done;
      worker.done.notify_all();
    }
  }

  rmi::Bus bus_;
  rmi::Proxy<fault::Ledger> ledger_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> errors_{0};
  std::mutex printing_;
  std::deque<Worker> workers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  Load load(argv[1], std::stoul(argv[2]));
  for (std::string line; std::getline(std::cin, line);) {
    load.mark();
    std::cout << "marked " << line << std::endl;
  }
}
