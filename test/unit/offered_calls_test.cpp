// Which calls are left to the threads that will wait for them, and who gets them.
#include "bus/offered_calls.hpp"

#include <catch2/catch.hpp>

using namespace rmi;
using namespace std::chrono_literals;

namespace {

const SteadyTime start{};

Job job() {
  return std::make_shared<ServedCall>();
}

/// Methods have been quick and callers have come.
struct Expecting {
  OfferedCalls calls;
  Expecting() {
    for (int i = 0; i < 64; ++i) {
      calls.note_caller(true);
      calls.note_done(1us);
    }
  }
};

}  // namespace

TEST_CASE("calls are left to callers only while both have been as expected") {
  OfferedCalls calls;
  CHECK_FALSE(calls.expects_caller());
  for (int i = 0; i < 64; ++i)
    calls.note_caller(true);
  CHECK_FALSE(calls.expects_caller());
  CHECK_FALSE(calls.expects_quick());
  for (int i = 0; i < 64; ++i)
    calls.note_done(OfferedCalls::quick - 1us);
  CHECK(calls.expects_quick());
  CHECK(calls.expects_caller());

  for (int i = 0; i < 5; ++i)
    calls.note_caller(false);
  CHECK_FALSE(calls.expects_caller());
  CHECK(calls.expects_quick());
  for (int i = 0; i < 64; ++i)
    calls.note_caller(true);
  CHECK(calls.expects_caller());
  for (int i = 0; i < 5; ++i)
    calls.note_done(OfferedCalls::quick);
  CHECK_FALSE(calls.expects_quick());
  CHECK_FALSE(calls.expects_caller());
}

TEST_CASE(
    "a call that was left goes to whoever waits for it, and to no worker before that is over") {
  Expecting e;
  const Job first = job();
  const Job second = job();
  e.calls.leave(first, start);
  e.calls.leave(second, start);
  CHECK(e.calls.any_left());
  CHECK(e.calls.take() == nullptr);
  CHECK(e.calls.take(*second));
  CHECK_FALSE(e.calls.take(*second));
  CHECK(e.calls.take(*first));
  CHECK_FALSE(e.calls.any_left());
  CHECK_FALSE(e.calls.take(*job()));
}

TEST_CASE("a call that a worker was asked for goes to the worker or to whoever waits, once") {
  OfferedCalls calls;
  const Job first = job();
  const Job second = job();
  const Job third = job();
  calls.offer(first);
  calls.offer(second);
  calls.offer(third);
  CHECK(calls.take(*second));
  CHECK(calls.take() == first);
  CHECK_FALSE(calls.take(*first));
  CHECK(calls.take() == third);
  CHECK(calls.take() == nullptr);
}

TEST_CASE("what was left for too long is for workers, one for each") {
  Expecting e;
  const Job early = job();
  const Job late = job();
  e.calls.leave(early, start);
  e.calls.leave(late, start + 1ms);
  CHECK_FALSE(e.calls.left_too_long(start + OfferedCalls::too_long - 1us));
  CHECK(e.calls.left_too_long(start + OfferedCalls::too_long));
  CHECK(e.calls.give_up_waiting() == 2);
  CHECK_FALSE(e.calls.any_left());
  CHECK(e.calls.give_up_waiting() == 0);
  CHECK(e.calls.take() == early);
  CHECK(e.calls.take(*late));
  CHECK(e.calls.take() == nullptr);
}

TEST_CASE("nothing is left to callers once that has been closed") {
  Expecting e;
  REQUIRE(e.calls.expects_caller());
  e.calls.close();
  CHECK_FALSE(e.calls.expects_caller());
}
