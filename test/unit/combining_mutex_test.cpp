// A mutex whose holder does what others would have waited for it to do.
#include "bus/combining_mutex.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>
#include <vector>

using rmi::CombiningMutex;

namespace {

struct Number : CombiningMutex::Asked {
  int value = 0;
  std::atomic<bool> served{false};
};

/// Keeps what it was asked for, in that order.
struct Served {
  std::vector<int> values;  // guarded by the mutex
  std::vector<std::size_t> lists;
  CombiningMutex mutex{[this](CombiningMutex::Asked* oldest) {
    lists.push_back(0);
    while (oldest != nullptr) {
      auto& number = static_cast<Number&>(*oldest);
      oldest = oldest->next;
      values.push_back(number.value);
      ++lists.back();
      number.served = true;  // its thread may be gone now
    }
  }};
};

}  // namespace

TEST_CASE("what is asked of a mutex that nobody holds is done at once") {
  Served served;
  Number number;
  number.value = 7;
  served.mutex.ask(number);
  CHECK(number.served);
  CHECK(served.values == std::vector{7});
  const std::lock_guard lock(served.mutex);  // and it is free again
}

TEST_CASE("whoever holds a mutex does what was asked meanwhile, oldest first, in one go") {
  Served served;
  std::vector<Number> numbers(3);
  {
    const std::lock_guard lock(served.mutex);
    std::thread([&] {
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        numbers[i].value = static_cast<int>(i);
        served.mutex.ask(numbers[i]);
      }
    }).join();
    CHECK(served.values.empty());
  }
  CHECK(served.values == std::vector{0, 1, 2});
  CHECK(served.lists == std::vector<std::size_t>{3});
}

TEST_CASE("whoever has got a mutex can have it serve those that have asked before") {
  Served served;
  Number number;
  std::unique_lock lock(served.mutex);
  std::thread([&] { served.mutex.ask(number); }).join();
  served.mutex.serve();
  CHECK(number.served);
  lock.unlock();
  CHECK(served.lists.size() == 1);
}

TEST_CASE("what is asked while others are served is not forgotten") {
  Number first;
  Number second;
  std::vector<Number*> served;
  CombiningMutex* mutex = nullptr;
  CombiningMutex itself([&](CombiningMutex::Asked* oldest) {
    served.push_back(static_cast<Number*>(oldest));
    if (served.size() == 1) std::thread([&] { mutex->ask(second); }).join();
  });
  mutex = &itself;
  itself.ask(first);
  CHECK(served == std::vector{&first, &second});
}

TEST_CASE("of many that lock and ask, each is served once and none is forgotten") {
  constexpr int threads = 8;
  constexpr int times = 5000;
  Served served;
  std::size_t locked = 0;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      for (int i = 0; i < times; ++i) {
        Number number;
        number.value = t;
        if (!served.mutex.try_lock()) {
          served.mutex.ask(number);
          while (!number.served)  // for ever, if it is forgotten
            std::this_thread::yield();
          continue;
        }
        ++locked;
        served.mutex.unlock();
      }
    });
  for (auto& thread : running)
    thread.join();
  CHECK(locked + served.values.size() == threads * times);
}
