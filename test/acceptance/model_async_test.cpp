// Calls that do not wait: futures, chains, cancelling, deadlines, coroutines.
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using namespace model;
using std::chrono::steady_clock;

TEST_CASE("A091 an async call returns before its method has run, and gives its result later",
          "[async]") {
  Stage stage(each_way());
  auto held = stage.proxy<Worker>("parallel").async()->hold("gate");
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  CHECK_FALSE(held.ready());
  CHECK_FALSE(held.wait_for(10ms));
  stage.record()->open("gate");
  CHECK(held.wait_for(patience()));
  CHECK(held.ready());
  CHECK(held.get());
  CHECK_FALSE(held.valid());
}

TEST_CASE("A092 then-chains run, with values and with further calls", "[async]") {
  Stage stage(each_way());
  const auto worker = stage.proxy<Worker>("serial");
  auto chain =
      worker.async()->add(2).then([&](int n) { return worker.async()->add(n); }).then([](int n) {
        return std::to_string(n) + "!";
      });
  CHECK(chain.get() == "4!");
}

TEST_CASE("A093 on_error is called once for a failure, and what follows it goes on", "[async]") {
  Stage stage(each_way());
  const auto worker = stage.proxy<Worker>("serial");
  std::atomic<int> thens{0};
  std::atomic<int> errors{0};
  auto rescued =
      worker.async()
          ->fail("no")
          .then([&](int n) { return ++thens + n; })
          .on_error([&](const std::exception_ptr& error) {
            ++errors;
            return has(caught<std::domain_error>([&] { std::rethrow_exception(error); }), "no") ? 7
                                                                                                : 0;
          })
          .then([](int n) { return n * 2; });
  CHECK(rescued.get() == 14);
  CHECK(thens == 0);
  CHECK(errors == 1);
  auto fine = worker.async()->add(1).on_error([&](const std::exception_ptr&) { return ++errors; });
  CHECK(fine.get() == 1);
  CHECK(errors == 1);
}

TEST_CASE("A094 cancelling completes the future at once, and asks the method to stop", "[async]") {
  Stage stage(each_way());
  auto held = stage.proxy<Worker>("parallel").async()->hold("never");
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  held.cancel();
  CHECK(held.ready());
  CHECK_THROWS_AS(held.get(), rmi::Cancelled);
  CHECK(eventually([&] { return stage.count("hold.stopped") == 1; }));
}

TEST_CASE("A095 cancelling a chain reaches the call at its beginning", "[async]") {
  Stage stage(each_way());
  auto chain =
      stage.proxy<Worker>("parallel").async()->hold("never").then([](bool b) { return !b; });
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  chain.cancel();
  CHECK_THROWS_AS(chain.get(), rmi::Cancelled);
  CHECK(eventually([&] { return stage.count("hold.stopped") == 1; }));
}

TEST_CASE("A096 a call that is cancelled before it runs does not run", "[async]") {
  Stage stage(each_way());
  const auto serial = stage.proxy<Worker>("serial");
  auto first = serial.async()->hold("gate");
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  auto queued = serial.async()->add(5);
  auto last = serial.async()->add(1);
  queued.cancel();
  CHECK_THROWS_AS(queued.get(), rmi::Cancelled);
  // The calls of one caller on one path keep their order: the cancel is there before this one.
  stage.proxy<Worker>("parallel").over(rmi::Path::brokered)->add(1);
  stage.record()->open("gate");
  CHECK(first.get());
  CHECK(last.get() == 1);
}

TEST_CASE("A097 an async call ends at its time, and its method is asked to stop", "[async]") {
  Stage stage(each_way());
  const auto worker = stage.proxy<Worker>("parallel");
  auto held = worker.with_timeout(300ms).async()->hold("never");
  try {
    held.get();
    FAIL("an exception was expected");
  } catch (const rmi::TimeoutError& error) {
    CHECK(error.outcome() == rmi::Outcome::unknown);
  }
  CHECK(eventually([&] { return stage.count("hold.stopped") == 1; }));
}

TEST_CASE("A098 a blocking call ends at its time, the connection is fine afterwards", "[async]") {
  Stage stage(each_way());
  const auto worker = stage.proxy<Worker>("parallel");
  const auto begin = steady_clock::now();
  CHECK_THROWS_AS(worker.with_timeout(200ms)->hold("never"), rmi::TimeoutError);
  const auto took = steady_clock::now() - begin;
  CHECK(took < patience() / 2);
  CHECK(worker->add(1) == 1);
  CHECK(eventually([&] { return stage.count("hold.stopped") == 1; }));
  CHECK(stage.count("hold.begun") == 1);  // it was not called again
}

TEST_CASE("A099 a call that was still queued at its deadline has surely not run", "[async]") {
  Stage stage(each_transport());
  const auto serial = stage.proxy<Worker>("serial");
  auto first = serial.async()->hold("gate");
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  try {
    serial.with_timeout(2s)->add(5);
    FAIL("an exception was expected");
  } catch (const rmi::TimeoutError& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(has(error.what(), "queued"));
  }
  stage.record()->open("gate");
  CHECK(first.get());
  CHECK(serial->add(1) == 1);
}

namespace {

rmi::Task<std::string> in_a_coroutine(rmi::Proxy<Worker> worker) {
  const int one = co_await worker.async()->add(1);
  const int three = co_await worker.async()->add(2);
  try {
    co_await worker.async()->fail("caught here");
  } catch (const std::domain_error& error) {
    co_return std::to_string(one + three) + ' ' + error.what();
  }
  co_return "nothing was thrown";
}

}  // namespace

TEST_CASE("A100 calls are awaited in a coroutine, errors are caught there", "[async]") {
  Stage stage(each_way());
  CHECK(in_a_coroutine(stage.proxy<Worker>("serial")).start().get() == "4 caught here");
}

TEST_CASE("A101 a method answers with a future: no thread is held meanwhile", "[async]") {
  Stage stage(each_way());
  const auto parallel = stage.proxy<Worker>("parallel");
  std::vector<rmi::Future<int>> pending;
  for (int i = 0; i < 100; ++i)  // the service has eight threads
    pending.push_back(parallel.async()->later());
  REQUIRE(eventually([&] { return stage.count("later.begun") == 100; }));
  CHECK(parallel->add(1) == 1);
  CHECK(parallel->release(9) == 100);
  for (auto& answer : pending)
    CHECK(answer.get() == 9);
}

TEST_CASE("A102 thousands of futures are under way over one bus, and arrive in order", "[async]") {
  Stage stage(each_way());
  const auto serial = stage.proxy<Worker>("serial");
  std::vector<rmi::Future<int>> sums;
  for (int i = 0; i < 5000; ++i)
    sums.push_back(serial.async()->add(1));
  int wrong = 0;
  for (int i = 0; i < 5000; ++i) {
    const int got = sums[static_cast<std::size_t>(i)].get();
    if (got == i + 1) continue;
    if (wrong < 8) UNSCOPED_INFO("the " << i + 1 << "th gave " << got);
    ++wrong;
  }
  CHECK(wrong == 0);
}
