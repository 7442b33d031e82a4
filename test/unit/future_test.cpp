// Futures: reading, chaining, failing, cancelling, and waiting for several.
#include <rmi/future.hpp>

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>

using namespace rmi;
using namespace std::chrono_literals;

namespace {

std::exception_ptr error(const char* text) {
  return std::make_exception_ptr(std::runtime_error(text));
}

}  // namespace

TEST_CASE("a future gives what its promise was given, once") {
  Promise<std::string> promise;
  Future<std::string> future = promise.get_future();
  CHECK(future.valid());
  CHECK_FALSE(future.ready());
  CHECK_FALSE(future.wait_for(0ms));
  CHECK(promise.set_value("tea"));
  CHECK(future.ready());
  CHECK(future.wait_for(std::chrono::hours::max()));
  CHECK(future.get() == "tea");
  CHECK_FALSE(future.valid());
  CHECK_THROWS_AS(future.get(), std::logic_error);
  CHECK_THROWS_AS(future.ready(), std::logic_error);
  CHECK_THROWS_AS(promise.get_future(), std::logic_error);
}

TEST_CASE("values that can only be moved, and no values, are fine") {
  Promise<std::unique_ptr<int>> promise;
  auto future = promise.get_future().then([](std::unique_ptr<int> value) {
    ++*value;
    return value;
  });
  promise.set_value(std::make_unique<int>(41));
  CHECK(*future.get() == 42);
  Promise<void> nothing;
  auto done = nothing.get_future();
  CHECK(nothing.set_value());
  CHECK_NOTHROW(done.get());
}

TEST_CASE("only the first result counts") {
  Promise<int> promise;
  auto future = promise.get_future();
  CHECK(promise.set_value(1));
  CHECK_FALSE(promise.set_value(2));
  CHECK_FALSE(promise.set_exception(error("late")));
  future.cancel();
  CHECK_FALSE(promise.cancelled());
  CHECK(future.get() == 1);
}

TEST_CASE("an exception is thrown where the value is read") {
  Promise<int> promise;
  auto future = promise.get_future();
  promise.set_exception(error("no tea"));
  CHECK_THROWS_WITH(future.get(), "no tea");
  CHECK_THROWS_AS(make_failed_future<int>(std::out_of_range("x")).get(), std::out_of_range);
}

TEST_CASE("a promise that is destroyed without a result says so") {
  Future<int> future;
  CHECK_FALSE(future.valid());
  {
    Promise<int> promise;
    future = promise.get_future();
  }
  CHECK(future.ready());
  CHECK_THROWS_AS(future.get(), BrokenPromise);
  Promise<int> overwritten;
  future = overwritten.get_future();
  overwritten = Promise<int>();
  CHECK_THROWS_AS(future.get(), Error);
}

TEST_CASE("then runs at once when the result is there, else when it comes") {
  CHECK(make_ready_future(20).then([](int x) { return x + 1; }).get() == 21);
  CHECK(make_ready_future().then([] { return 7; }).get() == 7);
  Promise<int> promise;
  bool ran = false;
  auto chain = promise.get_future()
                   .then([](int x) { return std::to_string(x); })
                   .then([&](const std::string& text) { ran = text == "5"; });
  CHECK_FALSE(ran);
  promise.set_value(5);
  CHECK(ran);
  chain.get();
}

TEST_CASE("what a continuation holds may be move-only and is freed when it ran") {
  const auto watched = std::make_shared<int>(1);
  Promise<int> promise;
  auto future = promise.get_future().then(
      [own = std::make_unique<int>(2), watched](int x) { return x + *own + *watched; });
  CHECK(watched.use_count() == 2);
  promise.set_value(3);
  CHECK(watched.use_count() == 1);
  CHECK(future.get() == 6);
}

TEST_CASE("a continuation that returns a future gives the value of that") {
  Promise<int> first;
  Promise<std::string> second;
  auto future = first.get_future().then([&](int) { return second.get_future(); });
  static_assert(std::is_same_v<decltype(future), Future<std::string>>);
  first.set_value(1);
  CHECK_FALSE(future.ready());
  second.set_value("late");
  CHECK(future.get() == "late");
  CHECK_THROWS_AS(make_ready_future().then([] { return Future<int>(); }).get(), std::logic_error);
}

TEST_CASE("an exception skips then and reaches on_error") {
  bool ran = false;
  const auto skipped = [&](int x) {
    ran = true;
    return x;
  };
  CHECK(make_failed_future<int>(error("a"))
            .then(skipped)
            .on_error([](std::exception_ptr) { return 9; })
            .get() == 9);
  CHECK_FALSE(ran);
  CHECK(make_ready_future(4).on_error([](std::exception_ptr) { return 9; }).get() == 4);
  CHECK_THROWS_WITH(
      make_ready_future(1).then([](int) -> int { throw std::runtime_error("b"); }).get(), "b");
}

TEST_CASE("on_error may pass the error on, or answer later") {
  auto passed = make_failed_future<int>(error("a")).on_error([](std::exception_ptr e) -> int {
    std::rethrow_exception(e);
  });
  CHECK_THROWS_WITH(passed.get(), "a");
  Promise<int> other;
  auto later = make_failed_future<int>(error("a")).on_error([&](std::exception_ptr) {
    return other.get_future();
  });
  CHECK_FALSE(later.ready());
  other.set_value(3);
  CHECK(later.get() == 3);
  CHECK_NOTHROW(make_failed_future<void>(error("a")).on_error([](std::exception_ptr) {}).get());
}

TEST_CASE("cancel completes with Cancelled and tells the promise once") {
  Promise<int> promise;
  int told = 0;
  promise.on_cancel([&] { ++told; });
  auto future = promise.get_future();
  future.cancel();
  future.cancel();
  CHECK(told == 1);
  CHECK(promise.cancelled());
  CHECK_FALSE(promise.set_value(1));
  CHECK_THROWS_AS(future.get(), Cancelled);
  promise.on_cancel([&] { ++told; });  // at once
  CHECK(told == 2);
}

TEST_CASE("the canceller does not run when the result came") {
  int told = 0;
  const auto watched = std::make_shared<int>();
  {
    Promise<int> promise;
    promise.on_cancel([&told, watched] { ++told; });
    auto future = promise.get_future();
    promise.set_value(1);
    CHECK(watched.use_count() == 1);
    future.cancel();
    CHECK(future.get() == 1);
  }
  CHECK(told == 0);
}

TEST_CASE("cancelling the end of a chain reaches its source") {
  Promise<int> promise;
  bool ran = false;
  auto chain =
      promise.get_future().then([&](int) { ran = true; }).on_error([](std::exception_ptr) {});
  chain.cancel();
  CHECK(promise.cancelled());
  CHECK_FALSE(ran);
  CHECK_THROWS_AS(chain.get(), Cancelled);
}

TEST_CASE("cancelling reaches a future that a continuation returned") {
  Promise<int> first;
  Promise<int> second;
  auto chain = first.get_future().then([&](int) { return second.get_future(); });
  first.set_value(1);
  CHECK_FALSE(second.cancelled());
  chain.cancel();
  CHECK(second.cancelled());
  CHECK_FALSE(first.cancelled());
}

TEST_CASE("an exception of a continuation that nobody looks at is dropped") {
  Promise<int> promise;
  (void)promise.get_future().then([](int) { throw std::runtime_error("nobody"); });
  CHECK(promise.set_value(1));
}

TEST_CASE("long rows of continuations do not use up the stack") {
  Promise<int> promise;
  Future<int> future = promise.get_future();
  constexpr int length = 100'000;
  for (int i = 0; i < length; ++i)
    future = future.then([](int x) { return x + 1; });
  promise.set_value(0);
  CHECK(future.get() == length);
}

TEST_CASE("a wait inside of a deep continuation runs what was put off") {
  // Each level completes the next one and waits for what follows from it.
  std::function<int(int)> dive = [&](int depth) {
    if (depth == 0) return 0;
    Promise<int> promise;
    auto next = promise.get_future().then([&](int x) { return dive(x); });
    promise.set_value(depth - 1);
    return next.get() + 1;
  };
  CHECK(dive(200) == 200);
}

TEST_CASE("when_all gives all values in their order") {
  std::vector<Promise<int>> promises(3);
  std::vector<Future<int>> futures;
  for (auto& promise : promises)
    futures.push_back(promise.get_future());
  auto all = when_all(std::move(futures));
  promises[2].set_value(30);
  promises[0].set_value(10);
  CHECK_FALSE(all.ready());
  promises[1].set_value(20);
  CHECK(all.get() == std::vector{10, 20, 30});
  CHECK(when_all(std::vector<Future<int>>()).get().empty());
  std::vector<Future<void>> nothing;
  nothing.push_back(make_ready_future());
  CHECK_NOTHROW(when_all(std::move(nothing)).get());
}

TEST_CASE("when_all fails with the first failure and cancels all when it is cancelled") {
  std::vector<Promise<int>> promises(2);
  const auto futures = [&] {
    std::vector<Future<int>> taken;
    for (auto& promise : promises)
      taken.push_back(promise.get_future());
    return taken;
  };
  auto all = when_all(futures());
  promises[1].set_exception(error("second"));
  CHECK(all.ready());
  CHECK_THROWS_WITH(all.get(), "second");
  promises = std::vector<Promise<int>>(2);
  all = when_all(futures());
  all.cancel();
  CHECK(promises[0].cancelled());
  CHECK(promises[1].cancelled());
  CHECK_THROWS_AS(all.get(), Cancelled);
}

TEST_CASE("when_any gives the first and all futures back") {
  std::vector<Promise<int>> promises(3);
  std::vector<Future<int>> futures;
  for (auto& promise : promises)
    futures.push_back(promise.get_future());
  auto any = when_any(std::move(futures));
  CHECK_FALSE(any.ready());
  promises[1].set_value(5);
  promises[0].set_value(6);
  WhenAny<int> result = any.get();
  CHECK(result.index == 1);
  CHECK(result.futures.at(1).get() == 5);
  CHECK(result.futures.at(0).get() == 6);
  result.futures.at(2).cancel();
  CHECK(promises[2].cancelled());
  CHECK_THROWS_AS(when_any(std::vector<Future<int>>()), std::invalid_argument);
}
