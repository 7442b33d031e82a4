// Log lines of the routing thread, written by another thread: a reader that does not read them must
// not stop the broker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <rmi/log.hpp>

#include "bus/log_limiter.hpp"

namespace rmi::ns {

/// Passes lines on to a sink, in order, rate limited. What does not fit into the queue is counted
/// and dropped, and a line that says how many follows as soon as there is room.
/// Thread safety: thread safe.
class LogQueue {
 public:
  /// @param max_lines  stops a sink that hangs from filling the memory.
  explicit LogQueue(LogSink to, std::size_t max_lines = 8192);
  /// Waits until all is written, for a second at most: a sink that hangs is left to itself then.
  ~LogQueue();
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  /// Never blocks. Lives as long as the queue.
  LogSink sink() const;
  /// Lines that the sink did not get.
  std::uint64_t left_out() const;

 private:
  struct State;
  std::shared_ptr<State> state_;         ///< shared with the thread, which may outlive this
  std::shared_ptr<LogLimiter> limiter_;  ///< before the queue, so that a flood does not fill it
};

}  // namespace rmi::ns
