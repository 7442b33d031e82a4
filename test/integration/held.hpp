// What a method waits in until a test lets it go.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <rmi/context.hpp>

namespace rmi_test {

/// Thread safety: thread safe.
struct Held {
  /// Waits until it is let go, or told to stop. @return whether it was let go.
  bool wait_until_let_go() {
    ++held;
    std::unique_lock lock(mutex);
    const bool opened = changed.wait(lock, rmi::context().stop_token(), [&] { return open; });
    ++left;
    return opened;
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  std::atomic<int> held{0};
  std::atomic<int> left{0};
  std::mutex mutex;
  std::condition_variable_any changed;
  bool open = false;
};

}  // namespace rmi_test
