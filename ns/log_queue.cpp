// One thread that writes.
#include "ns/log_queue.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "bus/signals_blocked.hpp"

namespace rmi::ns {
namespace {

constexpr auto patience = std::chrono::seconds(1);

struct Line {
  LogLevel level{};
  std::string event{};
  std::string text{};
  std::string correlation{};
};

}  // namespace

struct LogQueue::State {
  State(LogSink sink, std::size_t limit) : to(std::move(sink)), max_lines(limit) {}

  void add(const LogLine& line) {
    const std::lock_guard lock(mutex);
    if (lines.size() >= max_lines) {
      ++dropped;
      ++all_dropped;
      return;
    }
    if (dropped != 0)
      lines.push_back(
          {.level = LogLevel::warning,
           .event = "lines-left-out",
           .text = std::to_string(std::exchange(dropped, 0)) + " lines that nobody took in time"});
    lines.push_back({line.level, std::string(line.event), std::string(line.text),
                     std::string(line.correlation)});
    changed.notify_all();
  }

  void write_all() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return stopping || !lines.empty(); });
      if (lines.empty()) break;
      const Line line = std::move(lines.front());
      lines.pop_front();
      lock.unlock();
      to({line.level, line.event, line.text, line.correlation});
      lock.lock();
    }
    done = true;
    changed.notify_all();
  }

  const LogSink to;
  const std::size_t max_lines;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Line> lines;
  std::size_t dropped = 0;  ///< and not told yet
  std::uint64_t all_dropped = 0;
  bool stopping = false;
  bool done = false;
};

LogQueue::LogQueue(LogSink to, std::size_t max_lines)
    : state_(std::make_shared<State>(std::move(to), max_lines)),
      limiter_(std::make_shared<LogLimiter>(
          [state = state_](const LogLine& line) { state->add(line); })) {
  const SignalsBlocked blocked;
  std::thread([state = state_] { state->write_all(); }).detach();
}

LogQueue::~LogQueue() {
  limiter_->flush();
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, patience, [this] { return state_->done; });
}

LogSink LogQueue::sink() const {
  return [limiter = limiter_](const LogLine& line) { limiter->write(line); };
}

std::uint64_t LogQueue::left_out() const {
  const std::lock_guard lock(state_->mutex);
  return limiter_->left_out() + state_->all_dropped;
}

}  // namespace rmi::ns
