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
  LogLevel level;
  std::string text;
};

}  // namespace

struct LogQueue::State {
  State(LogSink sink, std::size_t limit) : to(std::move(sink)), max_lines(limit) {}

  void add(LogLevel level, std::string_view text) {
    const std::lock_guard lock(mutex);
    if (lines.size() >= max_lines) {
      ++dropped;
      return;
    }
    if (dropped != 0)
      lines.push_back({LogLevel::warning, std::to_string(std::exchange(dropped, 0)) +
                                              " log lines were dropped: nobody took them"});
    lines.push_back({level, std::string(text)});
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
      to(line.level, line.text);
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
  std::size_t dropped = 0;
  bool stopping = false;
  bool done = false;
};

LogQueue::LogQueue(LogSink to, std::size_t max_lines)
    : state_(std::make_shared<State>(std::move(to), max_lines)) {
  const SignalsBlocked blocked;
  std::thread([state = state_] { state->write_all(); }).detach();
}

LogQueue::~LogQueue() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, patience, [this] { return state_->done; });
}

LogSink LogQueue::sink() const {
  return [state = state_](LogLevel level, std::string_view text) { state->add(level, text); };
}

}  // namespace rmi::ns
