// Which call runs now, which waits, and what becomes of calls whose time is over.
#include "daemon/scheduler.hpp"

#include <catch2/catch.hpp>

#include "bus/wire.hpp"

using namespace rmi;
using namespace std::chrono_literals;

namespace {

const SteadyTime start{};

struct Fixture {
  Scheduler scheduler{2, 4};
  std::shared_ptr<ObjectQueue> serial = scheduler.add(nullptr, false);
  std::shared_ptr<ObjectQueue> other = scheduler.add(nullptr, false);
  std::shared_ptr<ObjectQueue> overlap = scheduler.add(nullptr, true);

  static Job job(const std::shared_ptr<ObjectQueue>& queue, std::uint64_t id,
                 SteadyTime expiry = SteadyTime::max()) {
    return {wire::build({.call_id = id, .registration = 9}, "o", "m", 0), 1, queue, start, expiry};
  }
  static std::uint64_t id(const Job& job) {
    return std::get<wire::View>(wire::parse(job.frame.bytes())).header.call_id;
  }
};

}  // namespace

TEST_CASE("one call at a time of a serialized object, in the order of arrival") {
  Fixture f;
  auto first = f.scheduler.admit(Fixture::job(f.serial, 1));
  REQUIRE(first);
  CHECK_FALSE(f.scheduler.admit(Fixture::job(f.serial, 2)));
  CHECK_FALSE(f.scheduler.admit(Fixture::job(f.serial, 3)));
  CHECK(f.scheduler.waiting() == 2);
  auto second = f.scheduler.finish(first->ticket);
  REQUIRE(second);
  CHECK(Fixture::id(second->job) == 2);
  auto third = f.scheduler.finish(second->ticket);
  REQUIRE(third);
  CHECK(Fixture::id(third->job) == 3);
  CHECK_FALSE(f.scheduler.finish(third->ticket));
  CHECK(f.scheduler.running() == 0);
}

TEST_CASE("calls of a concurrent object overlap, up to the number of threads") {
  Fixture f;
  auto first = f.scheduler.admit(Fixture::job(f.overlap, 1));
  auto second = f.scheduler.admit(Fixture::job(f.overlap, 2));
  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(f.scheduler.admit(Fixture::job(f.overlap, 3)));
  auto third = f.scheduler.finish(second->ticket);
  REQUIRE(third);
  CHECK(Fixture::id(third->job) == 3);
}

TEST_CASE("a busy object does not hold up the others") {
  Fixture f;
  auto slow = f.scheduler.admit(Fixture::job(f.serial, 1));
  CHECK_FALSE(f.scheduler.admit(Fixture::job(f.serial, 2)));
  auto quick = f.scheduler.admit(Fixture::job(f.other, 3));
  REQUIRE(quick);
  CHECK_FALSE(f.scheduler.finish(quick->ticket));
  auto again = f.scheduler.admit(Fixture::job(f.other, 4));
  CHECK(again);
}

TEST_CASE("more waiting calls than the limit are to be refused") {
  Fixture f;
  auto running = f.scheduler.admit(Fixture::job(f.serial, 1));
  for (std::uint64_t i = 2; i < 6; ++i) {
    CHECK_FALSE(f.scheduler.full());
    f.scheduler.admit(Fixture::job(f.serial, i));
  }
  CHECK(f.scheduler.full());
  f.scheduler.finish(running->ticket);
  CHECK_FALSE(f.scheduler.full());
}

TEST_CASE("a queued call whose time is over is taken out and does not run") {
  Fixture f;
  auto running = f.scheduler.admit(Fixture::job(f.serial, 1));
  f.scheduler.admit(Fixture::job(f.serial, 2, start + 1s));
  f.scheduler.admit(Fixture::job(f.serial, 3));
  CHECK(f.scheduler.next_expiry() == start + 1s);
  CHECK(f.scheduler.expire(start + 999ms).empty());
  auto expired = f.scheduler.expire(start + 1s);
  REQUIRE(expired.size() == 1);
  CHECK_FALSE(expired[0].running);
  CHECK(Fixture::id(expired[0].job) == 2);
  CHECK(f.scheduler.next_expiry() == SteadyTime::max());
  auto next = f.scheduler.finish(running->ticket);
  REQUIRE(next);
  CHECK(Fixture::id(next->job) == 3);
}

TEST_CASE(
    "a running call whose time is over is reported once, with its ids, and its answer unwanted") {
  Fixture f;
  auto running = f.scheduler.admit(Fixture::job(f.serial, 5, start + 1s));
  CHECK(f.scheduler.wants_answer(running->ticket));
  auto expired = f.scheduler.expire(start + 2s);
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].running);
  const auto view = std::get<wire::View>(wire::parse(expired[0].job.frame.bytes()));
  CHECK(view.header.call_id == 5);
  CHECK(view.header.registration == 9);
  CHECK_FALSE(f.scheduler.wants_answer(running->ticket));
  CHECK(f.scheduler.expire(start + 3s).empty());
}

TEST_CASE("an object whose ready call expires goes on with the next one") {
  Fixture f;
  auto a = f.scheduler.admit(Fixture::job(f.overlap, 1));
  auto b = f.scheduler.admit(Fixture::job(f.overlap, 2));
  f.scheduler.admit(Fixture::job(f.serial, 3, start + 1s));  // ready, but no thread is free
  f.scheduler.admit(Fixture::job(f.serial, 4));
  REQUIRE(f.scheduler.expire(start + 1s).size() == 1);
  auto next = f.scheduler.finish(a->ticket);
  REQUIRE(next);
  CHECK(Fixture::id(next->job) == 4);
  CHECK(f.scheduler.waiting() == 0);
}

TEST_CASE("a caller that gives up takes its waiting call out, and only its own") {
  Fixture f;
  auto running = f.scheduler.admit(Fixture::job(f.serial, 1));
  f.scheduler.admit(Fixture::job(f.serial, 2));
  CHECK_FALSE(f.scheduler.cancel(7, 2));
  CHECK_FALSE(f.scheduler.cancel(1, 1));
  CHECK(f.scheduler.cancel(1, 2));
  CHECK(f.scheduler.waiting() == 0);
  CHECK_FALSE(f.scheduler.finish(running->ticket));
}
