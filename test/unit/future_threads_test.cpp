// Futures between threads: one result whoever races for it, and waits that announce themselves.
#include <rmi/future.hpp>

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <thread>

#include <rmi/detail/blocking.hpp>

using namespace rmi;
using namespace std::chrono_literals;

TEST_CASE("a waiting thread is woken by the result") {
  Promise<int> promise;
  auto future = promise.get_future();
  std::thread setter([&] { promise.set_value(7); });
  CHECK(future.get() == 7);
  setter.join();
}

TEST_CASE("a wait that ends early leaves the future as it was") {
  Promise<int> promise;
  auto future = promise.get_future();
  CHECK_FALSE(future.wait_for(1ms));
  CHECK_FALSE(future.wait_for(-1ms));
  std::thread setter([&] { promise.set_value(7); });
  future.wait();
  CHECK(future.get() == 7);
  setter.join();
}

TEST_CASE("value, error, cancel and continuation race, and one of them wins") {
  constexpr int rounds = 500;
  int cancelled = 0;
  int values = 0;
  int errors = 0;
  std::atomic<int> ran{0};
  for (int round = 0; round < rounds; ++round) {
    Promise<int> promise;
    std::atomic<int> told{0};
    std::atomic<int> won{0};
    auto future = promise.get_future();
    std::latch start(3);
    std::thread value([&] {
      start.arrive_and_wait();
      won += promise.set_value(1) ? 1 : 0;
    });
    std::thread failure([&] {
      start.arrive_and_wait();
      won += promise.set_exception(std::make_exception_ptr(std::out_of_range("x"))) ? 1 : 0;
    });
    start.arrive_and_wait();
    promise.on_cancel([&] { ++told; });
    auto next = future.then([&](int x) {
      ++ran;
      return x;
    });
    next.cancel();
    value.join();
    failure.join();
    won += promise.cancelled() ? 1 : 0;
    REQUIRE(won == 1);
    REQUIRE(told == (promise.cancelled() ? 1 : 0));
    try {
      next.get();
      ++values;
    } catch (const Cancelled&) {
      ++cancelled;
    } catch (const std::out_of_range&) {
      ++errors;
    }
  }
  CHECK(values + errors + cancelled == rounds);
  CHECK(ran >= values);
}

TEST_CASE("when_all and when_any take results of many threads") {
  constexpr std::size_t count = 8;
  for (int round = 0; round < 50; ++round) {
    std::vector<Promise<std::size_t>> promises(2 * count);
    std::vector<Future<std::size_t>> all;
    std::vector<Future<std::size_t>> any;
    for (std::size_t i = 0; i != count; ++i) {
      all.push_back(promises[i].get_future());
      any.push_back(promises[count + i].get_future());
    }
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i != count; ++i)
      threads.emplace_back([&, i] {
        promises[i].set_value(i);
        promises[count + i].set_value(i);
      });
    const auto values = when_all(std::move(all)).get();
    auto first = when_any(std::move(any)).get();
    for (auto& thread : threads)
      thread.join();
    REQUIRE(values.size() == count);
    CHECK(values[5] == 5);
    CHECK(first.futures.at(first.index).get() == first.index);
  }
}

TEST_CASE("a thread that waits tells its blocker, a thread that need not wait does not") {
  struct Counter final : detail::Blocker {
    void blocked() noexcept override {
      ++began;
      promise.set_value(1);
    }
    void unblocked() noexcept override { ++ended; }
    Promise<int> promise;
    int began = 0;
    int ended = 0;
  } counter;
  CHECK(detail::set_blocker(&counter) == nullptr);
  CHECK(make_ready_future(3).get() == 3);
  CHECK(counter.began == 0);
  CHECK(counter.promise.get_future().get() == 1);
  CHECK(counter.began == 1);
  CHECK(counter.ended == 1);
  {
    const detail::BlockingScope outer;
    const detail::BlockingScope inner;
    CHECK(counter.began == 2);
  }
  CHECK(counter.ended == 2);
  CHECK(detail::set_blocker(nullptr) == &counter);
}
