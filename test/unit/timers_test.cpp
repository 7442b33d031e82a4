// Things to do later: in the order of their times, unless they are cancelled.
#include "bus/timers.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

using namespace rmi;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// A timer as its owner has it.
struct Counted {
  struct Calls final : Timer, std::enable_shared_from_this<Calls> {
    explicit Calls(std::function<void()> what) : act(std::move(what)) {}
    ~Calls() override {
      if (is_set()) timers->cancel(*this);
    }
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;
    void on_time() override { act(); }
    std::shared_ptr<Timer> keep() noexcept override { return weak_from_this().lock(); }

    const std::function<void()> act;
    Timers* timers = nullptr;
  };
  Counted(Timers& timers, std::function<void()> act)
      : timer(std::make_shared<Calls>(std::move(act))) {
    timer->timers = &timers;
  }
  std::shared_ptr<Calls> timer;
};

}  // namespace

TEST_CASE("what is due runs in the order of its times, also if the earliest comes last") {
  std::vector<int> order;
  std::promise<void> over;
  Timers timers;
  const auto now = steady_clock::now();
  timers.at(now + 30ms, [&] {
    order.push_back(3);
    over.set_value();
  });
  timers.at(now + 20ms, [&] { order.push_back(2); });
  timers.at(now, [&] { order.push_back(1); });
  over.get_future().wait();
  CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE("what is cancelled does not run, and what comes after it does not wait for it") {
  std::atomic<bool> wrong{false};
  Timers timers;
  const Counted early(timers, [&] { wrong = true; });
  timers.set(*early.timer, steady_clock::now() + 1h);
  timers.cancel(*early.timer);
  timers.cancel(*early.timer);  // does nothing
  for (int i = 0; i < 100; ++i) {
    std::promise<void> done;
    const Counted cancelled(timers, [&] { wrong = true; });
    timers.set(*cancelled.timer, steady_clock::now() + 1h);
    timers.at(steady_clock::now() + 1ms, [&] { done.set_value(); });
    timers.cancel(*cancelled.timer);
    done.get_future().wait();
  }
  CHECK_FALSE(wrong);
}

TEST_CASE("timers run in their order whichever of them are cancelled in whichever order") {
  constexpr std::size_t many = 200;
  std::minstd_rand random(42);
  std::vector<std::size_t> ran;
  std::promise<void> over;
  std::vector<std::size_t> order(many);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  Timers timers;
  std::vector<Counted> all;
  for (std::size_t i = 0; i < many; ++i)
    all.emplace_back(timers, [&, i] { ran.push_back(i); });
  const auto start = steady_clock::now() + 100ms;  // nothing is due before all is set
  for (const std::size_t i : order)
    timers.set(*all[i].timer, start + i * 10us);
  timers.at(start + many * 10us, [&] { over.set_value(); });
  std::shuffle(order.begin(), order.end(), random);
  order.resize(many / 2);
  for (const std::size_t i : order)
    timers.cancel(*all[i].timer);
  over.get_future().wait();
  std::sort(order.begin(), order.end());
  std::vector<std::size_t> expected;
  for (std::size_t i = 0; i < many; ++i)
    if (!std::binary_search(order.begin(), order.end(), i)) expected.push_back(i);
  CHECK(ran == expected);
}

TEST_CASE("timers that are set for a few spans, or for many, run in the order of their times") {
  const std::size_t spans = GENERATE(1U, 3U, 4U, 9U);
  constexpr std::size_t each = 40;
  std::minstd_rand random(7);
  std::vector<std::pair<std::size_t, std::size_t>> ran;  // when, and how many were set before
  std::vector<std::pair<std::size_t, std::size_t>> expected;
  std::promise<void> over;
  Timers timers;
  std::vector<Counted> all;
  const auto start = steady_clock::now() + 100ms;  // nothing is due before all is set
  for (std::size_t i = 0; i < each; ++i)
    for (std::size_t span = 0; span < spans; ++span) {
      const auto key = std::pair(i + span * 7, all.size());
      all.emplace_back(timers, [&ran, key] { ran.push_back(key); });
      timers.set(*all.back().timer, start + key.first * 20us);
      expected.push_back(key);
    }
  std::vector<std::pair<std::size_t, std::size_t>> kept;
  for (const auto& key : expected) {
    if (random() % 3 != 0)
      kept.push_back(key);
    else
      timers.cancel(*all[key.second].timer);
  }
  timers.at(start + 1000 * 20us, [&] { over.set_value(); });
  over.get_future().wait();
  std::sort(kept.begin(), kept.end());
  CHECK(ran == kept);
}

TEST_CASE("a timer may be destroyed at any time, also while it is due") {
  std::atomic<int> ran{0};
  Timers timers;
  for (int i = 0; i < 2000; ++i) {
    auto counted = std::make_unique<Counted>(timers, [&] { ++ran; });
    timers.set(*counted->timer, steady_clock::now() + std::chrono::microseconds(i % 3));
  }
  CHECK(ran <= 2000);
}

TEST_CASE("stopped timers forget what is left and take nothing more") {
  bool ran = false;
  Timers timers;
  timers.at(steady_clock::now() + 1h, [&] { ran = true; });
  timers.stop();
  timers.at(steady_clock::now(), [&] { ran = true; });
  timers.stop();
  CHECK_FALSE(ran);
}
