// A link without a network, which keeps quiet about what is there.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "test/unit/channel_fixture.hpp"

namespace rmi_test {

/// A link whose descriptor says that something is there only when a test has it rung: that of
/// libzmq does not when the socket has been used before a poll came to look.
class SilentLink final : public LinkSocket {
 public:
  bool send(Frame& frame) noexcept override {
    if (full) {
      ++refused;
      return false;
    }
    const Frame sent = std::move(frame);
    if (on_send) on_send(sent);
    return true;
  }
  bool receive(Frame& frame) noexcept override {
    if (on_receive) on_receive();
    const std::lock_guard lock(mutex_);
    if (frames_.empty()) {
      ++empty_;
      signal_.clear();
      changed_.notify_all();
      return false;
    }
    frame = std::move(frames_.front());
    frames_.pop_front();
    return true;
  }
  int fd() const noexcept override { return signal_.fd(); }
  bool shows_all() const noexcept override { return false; }
  LinkEvent next_event(int, std::chrono::milliseconds) override { return LinkEvent::none; }
  void abandon() noexcept override {}

  // Set before the channel is used; run under its mutex.
  std::function<void(const Frame&)> on_send;
  std::function<void()> on_receive;
  std::atomic<bool> full{false};
  std::atomic<int> refused{0};  ///< sends, because it was full

  void give(Frame frame) {
    const std::lock_guard lock(mutex_);
    frames_.push_back(std::move(frame));
  }
  /// Has what waits for it polled for.
  void ring() { signal_.ring(); }
  /// Waits until somebody has found nothing here.
  void wait_until_read() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return empty_ != 0; });
  }

 private:
  EventFd signal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Frame> frames_;
  int empty_ = 0;
};

}  // namespace rmi_test
