// What becomes of answers while the socket takes no more.
#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "test/unit/silent_link.hpp"
#include "test/unit/sleeping.hpp"

using namespace rmi_test;

namespace {

/// A channel whose link takes nothing at first.
struct Full {
  Channel channel{[] {}};
  SilentLink* line = nullptr;
  Link link = 0;

  Full() { attach(); }
  ~Full() { channel.detach(); }
  Full(const Full&) = delete;
  Full& operator=(const Full&) = delete;

  void attach() {
    auto socket = std::make_unique<SilentLink>();
    line = socket.get();
    line->full = true;
    line->on_send = [this](const Frame& frame) {
      Frame copy = Frame::copy_of(frame.bytes());
      const std::lock_guard lock(mutex_);
      sent_.push_back(payload_number(copy));
      ids_.push_back(std::get<wire::View>(wire::parse(frame.bytes())).header.call_id);
      changed_.notify_all();
    };
    link = channel.attach(std::move(socket));
  }
  bool put(std::uint64_t number) {
    Frame frame = numbered(wire::Kind::reply, number);
    return channel.put(frame, link);
  }
  std::vector<std::uint64_t> sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  std::uint64_t first_id() {
    const std::lock_guard lock(mutex_);
    return ids_.at(0);
  }
  void wait_for(const std::vector<std::uint64_t>& numbers) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 60s, [&] { return sent_.size() >= numbers.size(); });
    CHECK(sent_ == numbers);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> sent_;
  std::vector<std::uint64_t> ids_;
};

/// A thread that works for the channel, and leads it.
struct Leader {
  explicit Leader(Full& full)
      : channel(full.channel), thread([this] {
          Channel::Worker self;
          WorkPtr task;
          id = gettid();
          while (channel.next_work(
              self, [](Channel::Request) {}, task)) {
          }
        }) {
    full.line->wait_until_read();
    wait_until_asleep(id);
  }
  ~Leader() {
    channel.close();
    thread.join();
  }
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;

  Channel& channel;
  std::atomic<pid_t> id{0};
  std::thread thread;
};

}  // namespace

TEST_CASE("answers that the socket does not take leave in their order once it does") {
  Full full;
  full.channel.expect_calls();
  const Leader leader(full);
  for (const std::uint64_t number : {1U, 2U, 3U})
    CHECK(full.put(number));
  while (full.line->refused < 50)  // it is offered again and again
    std::this_thread::yield();
  CHECK(full.sent().empty());
  full.line->full = false;  // and nothing says so
  full.wait_for({1, 2, 3});
}

TEST_CASE("an answer waits behind others, and a call is refused then, though it may fit") {
  Full full;
  CHECK(full.put(1));
  auto refused = full.channel.exchange(numbered(wire::Kind::call, 9), full.link, in(60s));
  CHECK(refused.end == Channel::End::full);
  CHECK(payload_number(refused.frame) == 9);
  Frame oneway = numbered(wire::Kind::call, 9);
  CHECK_FALSE(full.channel.post(oneway, full.link));
  full.line->full = false;
  CHECK(full.put(2));
  CHECK(full.sent() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("what has waited for a link goes with it") {
  Full full;
  const Link old = full.link;
  CHECK(full.put(1));
  const auto gone = full.channel.detach();
  CHECK_FALSE(full.put(2));
  full.attach();
  full.line->full = false;
  Frame late = numbered(wire::Kind::reply, 3);
  CHECK_FALSE(full.channel.put(late, old));
  CHECK(full.put(4));
  CHECK(full.sent() == std::vector<std::uint64_t>{4});
}

TEST_CASE("a thread that leads in its sleep sends what has waited") {
  Full full;
  full.line->full = false;
  std::vector<std::thread> callers;
  std::atomic<pid_t> id{0};
  std::atomic<int> lost{0};
  for (const std::uint64_t number : {1U, 2U}) {
    id = 0;
    callers.emplace_back([&, number] {
      id = gettid();
      auto answer = full.channel.exchange(numbered(wire::Kind::call, number), full.link, in(60s));
      if (answer.end == Channel::End::lost) ++lost;
    });
    while (id == 0)
      std::this_thread::yield();
    wait_until_asleep(id);
  }
  full.line->give(numbered(wire::Kind::reply, 1, full.first_id()));
  full.line->ring();
  callers[0].join();
  wait_until_asleep(id);
  full.line->full = true;
  CHECK(full.put(3));
  full.line->full = false;
  full.wait_for({1, 2, 3});
  full.channel.detach();
  callers[1].join();
  CHECK(lost == 1);
}

TEST_CASE("a loop that is not ours is woken until what has waited is sent") {
  Full full;
  const int fd = full.channel.work_fd();
  WorkPtr task;
  const auto turn = [&] { return full.channel.poll_work([](Channel::Request) {}, task); };
  turn();
  CHECK(full.put(1));
  pollfd readable{fd, POLLIN, 0};
  for (int i = 0; i < 3; ++i) {
    CHECK(::poll(&readable, 1, 60'000) == 1);
    turn();
  }
  full.line->full = false;
  CHECK(::poll(&readable, 1, 60'000) == 1);
  turn();
  full.wait_for({1});
  CHECK(::poll(&readable, 1, 0) == 0);
}
