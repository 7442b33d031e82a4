// The threads of a host: how many there are, and what they wait for.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bus/host.hpp"
#include "bus/random.hpp"
#include "bus/signals_blocked.hpp"
#include "bus/thread_blocker.hpp"

namespace rmi {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Calls that wait inside of each other, all in one process, are stopped here at last: the next
// ones wait for a thread, until their deadline.
constexpr std::size_t most_extra_threads = 256;

}  // namespace

Host::~Host() {
  stop();
}

void Host::stop() {
  if (std::exchange(stopped_, true)) return;
  imports_->stop();
  timers_.stop();
  {
    const std::lock_guard lock(mutex_);
    offered_.close();
  }
  ask_for_workers();
  connection_.close_work();
  std::vector<std::thread> workers;
  std::vector<std::thread> helpers;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    workers.swap(workers_);
    helpers.swap(helpers_);
  }
  for (auto& worker : workers)
    worker.join();
  for (auto& helper : helpers)
    helper.join();
  process();  // tasks that came after the last worker had gone, or when there was none
}

void Host::start_workers() {
  const std::lock_guard lock(mutex_);
  while (workers_.size() < options_.threads + 1 && options_.threads != 0)
    add_worker();
}

/// Precondition: mutex_ is held.
void Host::add_worker() {
  if (stopping_) return;
  const SignalsBlocked blocked;
  workers_.emplace_back([this, self = std::make_unique<Channel::Worker>()] { work(*self); });
}

void Host::work(Channel::Worker& self) {
  const ThreadBlocker blocker(*this, nullptr);
  for (;;) {
    Intake intake;
    WorkPtr task;
    const auto take = [&](Channel::Request&& request) {
      take_in(std::move(request), *this, intake);
    };
    if (!connection_.next_work(self, take, task)) return;
    if (task)
      task->run();
    else
      handle(intake, self.taken());
  }
}

std::size_t Host::process() {
  std::size_t done = 0;
  for (;; ++done) {
    Intake intake;
    WorkPtr task;
    const auto take = [&](Channel::Request&& request) {
      take_in(std::move(request), *this, intake);
    };
    if (!connection_.poll_work(take, task)) return done;
    if (task)
      task->run();
    else
      handle(intake);
  }
}

void Host::block(ServedCall* call) noexcept {
  bool ready = false;
  {
    const std::lock_guard lock(mutex_);
    ++blocked_;
    if (call != nullptr) scheduler_.block(*call);
    ready = scheduler_.has_next();
    const std::size_t wanted = options_.threads + 1 + std::min(blocked_, most_extra_threads);
    if (!workers_.empty() && workers_.size() < wanted) {
      add_worker();
      ++counters_.extra_threads;
    }
  }
  if (ready) connection_.submit([this] { run_ready(); });
}

/// Comes back when no nested call is inside of the object any more.
void Host::unblock(ServedCall* call) noexcept {
  std::unique_lock lock(mutex_);
  --blocked_;
  if (call == nullptr) return;
  ++watched_;
  changed_.wait(lock, [&] { return scheduler_.innermost(*call); });
  --watched_;
  scheduler_.unblock(*call);
}

void Host::run_ready() {
  Job job;
  {
    const std::lock_guard lock(mutex_);
    job = scheduler_.next();
  }
  run(std::move(job));
}

std::uint64_t Host::chain_of(ServedCall& call) {
  const std::lock_guard lock(mutex_);
  if (call.chain == 0) call.chain = random_number();
  return call.chain;
}

bool Host::wait_idle(SteadyTime deadline) {
  for (;;) {
    const bool received = connection_.requests_waiting() == 0;
    std::unique_lock lock(mutex_);
    if (received && scheduler_.running() == 0 && scheduler_.waiting() == 0 && answering_ == 0)
      return true;
    if (steady_clock::now() >= deadline) return false;
    ++watched_;
    changed_.wait_for(lock, 10ms);
    --watched_;
  }
}

std::string Host::unfinished(SteadyTime now) const {
  constexpr std::size_t most_shown = 5;
  const std::lock_guard lock(mutex_);
  const auto calls = scheduler_.all_running();
  std::string text =
      fmt::format("{} calls waiting, {} running", scheduler_.waiting(), calls.size());
  for (std::size_t i = 0; i < std::min(calls.size(), most_shown); ++i) {
    const ServedCall& call = *calls[i];
    const std::chrono::duration<double> age = now - call.received;
    text += fmt::format("{} {}.{} of {}, for {:.1f} s", i == 0 ? ":" : ",", call.view.object,
                        call.view.method, caller_text(call), age.count());
  }
  return text + (calls.size() > most_shown ? ", ..." : "");
}

std::size_t Host::running() const {
  const std::lock_guard lock(mutex_);
  return scheduler_.running();
}

}  // namespace rmi
