// Threads that call at once over a link that a test drives by hand.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "test/unit/silent_link.hpp"
#include "test/unit/sleeping.hpp"

namespace rmi_test {

/// A channel over a link whose first send does not return before it is let.
struct Line {
  Channel channel{[] {}};
  SilentLink* line = nullptr;
  Link link = 0;

  explicit Line(bool bundles = true) {
    auto socket = std::make_unique<SilentLink>();
    line = socket.get();
    line->on_send = [this](const Frame& sent) { note(sent); };
    line->on_receive = [this] {
      const std::lock_guard lock(mutex_);
      receivers_.push_back(gettid());
    };
    link = channel.attach(std::move(socket));
    channel.bundle(bundles);
  }
  ~Line() { channel.detach(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// The next send waits until let_go().
  void hold_next() { holds_ = true; }
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  /// Answers calls by their numbers.
  void answer(const std::vector<std::uint64_t>& numbers) {
    for (const auto number : numbers)
      line->give(numbered(wire::Kind::reply, number, id_of(number)));
    line->ring();
  }
  std::uint64_t id_of(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    return ids_.at(number);
  }
  /// The numbers of all frames, message by message.
  std::vector<std::vector<std::uint64_t>> sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  /// Waits until that many have been sent.
  void wait_for_frames(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ids_.size() >= count; });
  }
  /// How often that thread has asked the link for more.
  std::ptrdiff_t receives_of(pid_t thread) {
    const std::lock_guard lock(mutex_);
    return std::count(receivers_.begin(), receivers_.end(), thread);
  }

 private:
  void note(const Frame& sent) {
    std::vector<Frame> frames;
    Frame message = Frame::copy_of(sent.bytes());
    if (is_bundle(message)) {
      const auto payload = wire::payload_of(message);
      for_each_in(std::move(message), payload,
                  [&](Frame part) { frames.push_back(std::move(part)); });
    } else {
      frames.push_back(std::move(message));
    }
    std::unique_lock lock(mutex_);
    sent_.emplace_back();
    for (auto& frame : frames) {
      sent_.back().push_back(payload_number(frame));
      const auto view = std::get<wire::View>(wire::parse(frame.bytes()));
      ids_.emplace(sent_.back().back(), view.header.call_id);
    }
    changed_.notify_all();
    if (!holds_.exchange(false)) return;
    held_ = true;
    changed_.wait(lock, [&] { return !held_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::uint64_t> ids_;
  std::vector<std::vector<std::uint64_t>> sent_;
  std::vector<pid_t> receivers_;
  std::atomic<bool> holds_{false};
  bool held_ = false;
};

/// A thread that calls once.
struct Caller {
  Caller(Line& line, std::uint64_t number, SteadyTime deadline = in(60s))
      : Caller(line.channel, line.link, number, deadline) {}
  Caller(Channel& channel, Link link, std::uint64_t number, SteadyTime deadline)
      : thread([this, &channel, link, number, deadline] {
          id = gettid();
          answer = channel.exchange(numbered(wire::Kind::call, number), link, deadline);
          over = true;
        }) {}
  ~Caller() { join(); }
  void join() {
    if (thread.joinable()) thread.join();
  }
  void wait_until_asleep() {
    while (id == 0)
      std::this_thread::yield();
    rmi_test::wait_until_asleep(id);
  }
  bool answered(std::uint64_t number) {
    join();
    return answer.end == Channel::End::answered && payload_number(answer.frame) == number;
  }

  std::atomic<pid_t> id{0};
  std::atomic<bool> over{false};
  Channel::Answer answer{Channel::End::timed_out, {}};
  std::thread thread;
};

using Callers = std::vector<std::unique_ptr<Caller>>;

/// So many, with the numbers after `first`, all asleep.
inline Callers begin(Line& line, std::size_t count, std::uint64_t first = 0) {
  Callers callers;
  for (std::size_t i = 0; i < count; ++i) {
    callers.push_back(std::make_unique<Caller>(line, first + i + 1));
    callers.back()->wait_until_asleep();
  }
  return callers;
}

}  // namespace rmi_test
