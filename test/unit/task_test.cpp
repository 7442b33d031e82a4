// Tasks: lazy coroutines that await futures and each other, with what surrounds them.
#include <rmi/task.hpp>

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace rmi;

namespace {

Task<int> immediate(int value) {
  co_return value;
}

Task<int> plus_one(Future<int> future) {
  co_return co_await future + 1;
}

Task<std::string> failing() {
  throw std::out_of_range("inside");
  co_return "never";
}

Task<int> nested(Future<int> future) {
  const int first = co_await plus_one(std::move(future));
  Task<int> second = immediate(10);
  co_return first + co_await second;
}

/// Adds up results that come one after the other.
Task<int> loop(std::vector<Future<int>> futures) {
  int sum = 0;
  for (auto& future : futures)
    sum += co_await future;
  co_return sum;
}

}  // namespace

TEST_CASE("a task runs when it is started, not before") {
  bool ran = false;
  const auto body = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  Task<void> task = body(ran);
  CHECK(task.valid());
  CHECK_FALSE(ran);
  Future<void> future = std::move(task).start();
  CHECK(ran);
  CHECK_NOTHROW(future.get());
  CHECK_FALSE(task.valid());
  CHECK_THROWS_AS(std::move(task).start(), std::logic_error);
}

TEST_CASE("a task that is never run frees its arguments") {
  const auto watched = std::make_shared<int>(1);
  const auto body = [](std::shared_ptr<int> value) -> Task<int> { co_return *value; };
  {
    Task<int> task = body(watched);
    CHECK(watched.use_count() == 2);
  }
  CHECK(watched.use_count() == 1);
  auto done = body(watched).start();
  CHECK(watched.use_count() == 1);  // before anybody reads the result
  CHECK(done.get() == 1);
}

TEST_CASE("a task awaits futures that are there and futures that come") {
  CHECK(plus_one(make_ready_future(1)).start().get() == 2);
  Promise<int> promise;
  auto future = plus_one(promise.get_future()).start();
  CHECK_FALSE(future.ready());
  promise.set_value(4);
  CHECK(future.get() == 5);
}

TEST_CASE("tasks await tasks, and exceptions come through") {
  Promise<int> promise;
  auto future = nested(promise.get_future()).start();
  promise.set_value(1);
  CHECK(future.get() == 12);
  Promise<int> broken;
  future = nested(broken.get_future()).start();
  broken.set_exception(std::make_exception_ptr(std::runtime_error("lost")));
  CHECK_THROWS_WITH(future.get(), "lost");
  CHECK_THROWS_AS(failing().start().get(), std::out_of_range);
  const auto catching = []() -> Task<std::string> {
    try {
      co_return co_await failing();
    } catch (const std::out_of_range& error) {
      co_return error.what();
    }
  };
  CHECK(catching().start().get() == "inside");
}

TEST_CASE("results that can only be moved are fine") {
  const auto body = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
  const auto outer = [&]() -> Task<int> { co_return *(co_await body()); };
  CHECK(*body().start().get() == 3);
  CHECK(outer().start().get() == 3);
}

TEST_CASE("a task that was awaited is used up") {
  const auto twice = []() -> Task<int> {
    Task<int> task = immediate(1);
    const int first = co_await task;
    co_return first + co_await task;
  };
  CHECK_THROWS_AS(twice().start().get(), std::logic_error);
}

TEST_CASE("cancelling a task cancels what it waits for, and what it will wait for") {
  Promise<int> first;
  Promise<int> second;
  bool caught = false;
  const auto body = [](Future<int> a, Future<int> b, bool& flag) -> Task<int> {
    try {
      co_await plus_one(std::move(a));
    } catch (const Cancelled&) {
      flag = true;
    }
    co_return co_await b;
  };
  auto future = body(first.get_future(), second.get_future(), caught).start();
  CHECK_FALSE(first.cancelled());
  future.cancel();
  CHECK(first.cancelled());
  CHECK(caught);
  CHECK(second.cancelled());
  CHECK_THROWS_AS(future.get(), Cancelled);
}

TEST_CASE("a continuation may follow a task, and a task a continuation") {
  Promise<int> promise;
  auto future =
      plus_one(promise.get_future().then([](int x) { return x * 10; })).start().then([](int x) {
        return immediate(x + 100).start();
      });
  promise.set_value(2);
  CHECK(future.get() == 121);
}

TEST_CASE("a task runs on where its futures are completed") {
  constexpr std::size_t count = 1000;
  std::vector<Promise<int>> promises(count);
  std::vector<Future<int>> futures;
  for (auto& promise : promises)
    futures.push_back(promise.get_future());
  auto future = loop(std::move(futures)).start();
  std::thread even([&] {
    for (std::size_t i = 0; i < count; i += 2)
      promises[i].set_value(1);
  });
  std::thread odd([&] {
    for (std::size_t i = 1; i < count; i += 2)
      promises[i].set_value(1);
  });
  CHECK(future.get() == count);
  even.join();
  odd.join();
}

TEST_CASE("the ambient word goes with the coroutine from thread to thread") {
  int mine = 0;
  int others = 0;
  Promise<void> first;
  Promise<void> second;
  std::vector<void*> seen;
  const auto body = [](std::vector<void*>& list, Future<void> a, Future<void> b) -> Task<void> {
    list.push_back(detail::Ambient::get());
    co_await a;
    list.push_back(detail::Ambient::get());
    co_await b;
    list.push_back(detail::Ambient::get());
  };
  CHECK(detail::Ambient::get() == nullptr);
  Future<void> future;
  {
    const detail::AmbientScope scope(&mine);
    future = body(seen, first.get_future(), second.get_future()).start();
  }
  CHECK(detail::Ambient::get() == nullptr);
  first.set_value();
  CHECK(detail::Ambient::get() == nullptr);
  void* after = nullptr;
  std::thread other([&] {
    detail::Ambient::set(&others);
    second.set_value();
    after = detail::Ambient::get();
  });
  other.join();
  future.get();
  CHECK(seen == std::vector<void*>(3, &mine));
  CHECK(after == &others);
}
