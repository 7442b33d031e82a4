// Oneways that follow each other at once leave together; the last of them is not forgotten.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "bus/flood.hpp"
#include "test/unit/silent_link.hpp"
#include "test/unit/sleeping.hpp"

using namespace rmi_test;

namespace {

/// A channel over a link that notes what it is to send, and workers of it if wanted.
struct Sender {
  std::atomic<bool> workers_wanted{false};
  Channel channel{[this] { workers_wanted = true; }};
  SilentLink* line = nullptr;
  Link link = 0;
  std::mutex hook;                               ///< guards on_message, which is called under it
  std::function<void(const Frame&)> on_message;  ///< and under the channel's mutex

  explicit Sender(int workers = 2, bool bundles = true) {
    auto socket = std::make_unique<SilentLink>();
    line = socket.get();
    line->on_send = [this](const Frame& frame) {
      note(Frame::copy_of(frame.bytes()));
      const std::lock_guard lock(hook);  // the stand-by may just have sent the last of a flood
      if (on_message) on_message(frame);
    };
    link = channel.attach(std::move(socket));
    channel.bundle(bundles);
    for (int i = 0; i < workers; ++i)
      start_worker();
  }
  ~Sender() {
    channel.close();
    for (auto& worker : workers_)
      worker.join();
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void start_worker() {
    std::atomic<pid_t> id{0};
    workers_.emplace_back([this, &id] {
      id = gettid();
      id.notify_all();
      Channel::Worker self;
      WorkPtr task;
      for (; channel.next_work(
               self, [](Channel::Request) {}, task);
           task = nullptr)
        if (task) task->run();
    });
    id.wait(0);
    wait_until_asleep(id);
  }
  bool post() {
    Frame frame = numbered(wire::Kind::call, next_);
    if (!channel.post(frame, link, true)) return false;
    ++next_;
    return true;
  }
  std::size_t messages() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return numbers_.size();
  }
  std::uint64_t posted() const { return next_; }
  /// All that was posted, once and in order.
  void expect_all() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 60s, [&] { return numbers_.size() >= next_; });
    std::vector<std::uint64_t> wanted(next_);
    std::iota(wanted.begin(), wanted.end(), 0U);
    CHECK(numbers_ == wanted);
    CHECK(largest_ <= Bundle::most_oneways);
  }
  /// Posts until some oneways have waited for others. @return false  they do not.
  bool flood() {
    const auto end = in(30s);
    do {
      for (int i = 0; i < 300; ++i)
        REQUIRE(post());
      const std::lock_guard lock(mutex_);
      if (messages_ + 100 < numbers_.size()) return true;
    } while (std::chrono::steady_clock::now() < end);
    return false;
  }

 private:
  void note(Frame message) {
    const std::lock_guard lock(mutex_);
    ++messages_;
    if (is_bundle(message)) {
      const auto payload = wire::payload_of(message);
      const std::size_t before = numbers_.size();
      if (frames_in_bundle(payload) != 0)
        for_each_in(std::move(message), payload,
                    [&](Frame part) { numbers_.push_back(payload_number(part)); });
      largest_ = std::max(largest_, numbers_.size() - before);
    } else {
      numbers_.push_back(payload_number(message));
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> numbers_;
  std::size_t messages_ = 0;
  std::size_t largest_ = 0;  ///< of the bundles
  std::uint64_t next_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace

TEST_CASE("more is expected after a row of what followed at once, and not after a few pauses") {
  Flood flood;
  SteadyTime now{};
  CHECK_FALSE(flood.goes_on(now += 1s));
  for (int i = 0; i < 64; ++i)
    flood.goes_on(now += Flood::at_once - 1us);
  CHECK(flood.goes_on(now += 1us));
  CHECK(flood.goes_on(now += 1s));  // one pause is nothing
  for (int i = 0; i < 4; ++i)
    flood.goes_on(now += Flood::at_once);
  CHECK_FALSE(flood.goes_on(now += 1us));
}

TEST_CASE("oneways that follow each other leave together, and the last by themselves") {
  Sender sender;
  for (int round = 0; round < 20; ++round) {
    REQUIRE(sender.flood());
    sender.expect_all();
  }
}

TEST_CASE("a flood may last, and its stand-by be called away") {
  struct Nothing : Work {
    void run() override {}
  };
  Sender sender(3);
  for (int round = 0; round < 40; ++round) {
    const auto end = in(std::chrono::milliseconds(round % 8));
    do
      REQUIRE(sender.flood());
    while (std::chrono::steady_clock::now() < end);
    if (round % 2 == 1) sender.channel.submit(std::make_shared<Nothing>());
    for (int i = 0; i < 5; ++i)
      REQUIRE(sender.post());
    sender.expect_all();
  }
}

TEST_CASE("the first flood has workers started, one of which sees to the last oneway") {
  Sender sender(0);
  for (int i = 0; i < 1'000'000 && !sender.workers_wanted; ++i)
    REQUIRE(sender.post());
  REQUIRE(sender.workers_wanted);
  CHECK(sender.count() == sender.posted());  // each by itself until they are there
  sender.start_worker();
  sender.start_worker();
  REQUIRE(sender.flood());
  sender.expect_all();
}

TEST_CASE("oneways do not wait where the other end takes no bundles") {
  Sender sender(2, false);
  for (int i = 0; i < 1000; ++i)
    REQUIRE(sender.post());
  CHECK(sender.messages() == 1000);
  CHECK(sender.count() == 1000);
}

TEST_CASE("what is sent after oneways comes after them") {
  Sender sender;
  REQUIRE(sender.flood());
  for (int i = 0; i < 5; ++i)
    REQUIRE(sender.post());
  Frame last = numbered(wire::Kind::call, sender.posted());
  REQUIRE(sender.channel.post(last, sender.link));
  CHECK(sender.count() == sender.posted() + 1);
}

TEST_CASE("who sends what waits beside a leader receives what that one would not see") {
  const bool called_away = GENERATE(true, false);
  struct Wait : Work {
    void run() override {
      begun = true;
      begun.notify_all();
      held.wait(true);
    }
    std::atomic<bool> begun{false};
    std::atomic<bool> held{true};
  };
  Sender sender(3);
  REQUIRE(sender.flood());
  sender.expect_all();
  const auto busy = std::make_shared<Wait>();
  if (!called_away) {
    sender.channel.submit(busy);
    busy->begun.wait(false);
  }
  // Who leads polls briefly for some time after others have sent, and would find it by itself.
  for (const auto calm = in(30ms); std::chrono::steady_clock::now() < calm;)
    std::this_thread::yield();
  // As libzmq does: a send brings in what has come, and the descriptor says nothing of that.
  std::atomic<std::uint64_t> id{0};
  std::unique_lock setting(sender.hook);
  sender.on_message = [&](const Frame& message) {
    const auto view = std::get<wire::View>(wire::parse(message.bytes()));
    if (id != 0) return sender.line->give(numbered(wire::Kind::reply, 7, id));
    id = view.header.call_id;
    id.notify_all();
  };
  setting.unlock();
  std::atomic<pid_t> caller_id{0};
  Channel::Answer answer{Channel::End::lost, {}};
  std::thread caller([&] {
    caller_id = gettid();
    caller_id.notify_all();
    answer = sender.channel.exchange(numbered(wire::Kind::call, 0), sender.link, in(60s));
  });
  caller_id.wait(0);
  id.wait(0);
  wait_until_asleep(caller_id);
  REQUIRE(sender.post());
  if (called_away) {
    sender.channel.submit(busy);
    busy->begun.wait(false);
  }
  busy->held = false;
  busy->held.notify_all();
  caller.join();
  CHECK(answer.end == Channel::End::answered);
}

TEST_CASE("a link that ends takes along what waits") {
  Sender sender;
  REQUIRE(sender.flood());
  for (int i = 0; i < 5; ++i)
    REQUIRE(sender.post());
  const auto socket = sender.channel.detach();
  sender.expect_all();
  CHECK_FALSE(sender.post());
}

TEST_CASE("a link that takes no more refuses oneways, and gets those that it did not refuse") {
  Sender sender;
  REQUIRE(sender.flood());
  sender.line->full = true;
  std::uint64_t taken = 0;
  while (sender.post())
    ++taken;
  CHECK(taken <= Bundle::most_oneways);
  CHECK_FALSE(sender.post());
  sender.line->full = false;
  sender.expect_all();
  REQUIRE(sender.flood());
  sender.expect_all();
}

TEST_CASE("several threads send oneways, and all arrive") {
  Sender sender;
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  constexpr std::size_t each = 5000;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < each; ++i) {
        Frame frame = numbered(wire::Kind::call, t * each + i);
        if (!sender.channel.post(frame, sender.link, true)) ++refused;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(refused == 0);
  const auto end = in(60s);
  while (sender.count() < 4 * each && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  CHECK(sender.count() == 4 * each);
}
