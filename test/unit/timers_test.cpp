// Things to do later: in the order of their times, unless they are cancelled.
#include "bus/timers.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <vector>

using namespace rmi;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

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
  const auto now = steady_clock::now();
  timers.cancel(timers.at(now + 1h, [&] { wrong = true; }));
  for (int i = 0; i < 100; ++i) {
    std::promise<void> done;
    const auto cancelled = timers.at(steady_clock::now() + 1h, [&] { wrong = true; });
    timers.at(steady_clock::now() + 1ms, [&] { done.set_value(); });
    timers.cancel(cancelled);
    done.get_future().wait();
  }
  CHECK_FALSE(wrong);
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
