// Which call runs now, which waits, and what becomes of calls whose time is over.
#include "bus/scheduler.hpp"

#include <catch2/catch.hpp>

using namespace rmi;
using namespace std::chrono_literals;

namespace {

const SteadyTime start{};

struct Fixture {
  Scheduler scheduler{2, 4};
  std::shared_ptr<ObjectQueue> serial = scheduler.add(nullptr, false);
  std::shared_ptr<ObjectQueue> other = scheduler.add(nullptr, false);
  std::shared_ptr<ObjectQueue> overlap = scheduler.add(nullptr, true);

  Job job(const std::shared_ptr<ObjectQueue>& queue, std::uint64_t id,
          SteadyTime expiry = SteadyTime::max(), std::uint64_t chain = 0) {
    auto call = std::make_shared<ServedCall>();
    call->view.header.call_id = id;
    call->link = 1;
    call->queue = queue;
    call->received = start;
    call->expiry = expiry;
    call->chain = chain;
    return call;
  }
  /// Ends the call. @return the id of the one that runs in its place; 0 if none does.
  std::uint64_t finish(const Job& call, Job* next = nullptr) {
    scheduler.finish(*call);
    Job runs = scheduler.next();
    if (next != nullptr) *next = runs;
    return runs ? runs->view.header.call_id : 0;
  }
};

}  // namespace

TEST_CASE("one call at a time of a serialized object, in the order of arrival") {
  Fixture f;
  const Job first = f.job(f.serial, 1);
  REQUIRE(f.scheduler.admit(first));
  CHECK_FALSE(f.scheduler.admit(f.job(f.serial, 2)));
  CHECK_FALSE(f.scheduler.admit(f.job(f.serial, 3)));
  CHECK(f.scheduler.waiting() == 2);
  Job next;
  CHECK(f.finish(first, &next) == 2);
  CHECK_FALSE(f.scheduler.admit(f.job(f.serial, 4)));
  CHECK(f.finish(next, &next) == 3);
  CHECK(f.finish(next, &next) == 4);
  CHECK(f.finish(next) == 0);
  CHECK(f.scheduler.running() == 0);
}

TEST_CASE("calls of a concurrent object overlap, up to the number of threads") {
  Fixture f;
  const Job first = f.job(f.overlap, 1);
  REQUIRE(f.scheduler.admit(first));
  REQUIRE(f.scheduler.admit(f.job(f.overlap, 2)));
  CHECK_FALSE(f.scheduler.admit(f.job(f.overlap, 3)));
  CHECK(f.finish(first) == 3);
}

TEST_CASE("a busy object does not hold up the others") {
  Fixture f;
  REQUIRE(f.scheduler.admit(f.job(f.serial, 1)));
  CHECK_FALSE(f.scheduler.admit(f.job(f.serial, 2)));
  const Job quick = f.job(f.other, 3);
  REQUIRE(f.scheduler.admit(quick));
  CHECK(f.finish(quick) == 0);
  CHECK(f.scheduler.admit(f.job(f.other, 4)));
}

TEST_CASE("more waiting calls than the limit are to be refused") {
  Fixture f;
  const Job running = f.job(f.serial, 1);
  REQUIRE(f.scheduler.admit(running));
  for (std::uint64_t i = 2; i < 6; ++i) {
    CHECK_FALSE(f.scheduler.full());
    f.scheduler.admit(f.job(f.serial, i));
  }
  CHECK(f.scheduler.full());
  f.finish(running);
  CHECK_FALSE(f.scheduler.full());
}

TEST_CASE("a queued call whose time is over is taken out and does not run") {
  Fixture f;
  const Job running = f.job(f.serial, 1);
  f.scheduler.admit(running);
  f.scheduler.admit(f.job(f.serial, 2, start + 1s));
  f.scheduler.admit(f.job(f.serial, 3));
  CHECK(f.scheduler.next_expiry() == start + 1s);
  CHECK(f.scheduler.expire(start + 999ms).empty());
  const auto expired = f.scheduler.expire(start + 1s);
  REQUIRE(expired.size() == 1);
  CHECK_FALSE(expired[0].running);
  CHECK(expired[0].job->view.header.call_id == 2);
  CHECK(f.scheduler.next_expiry() == SteadyTime::max());
  CHECK(f.finish(running) == 3);
}

TEST_CASE("a running call whose time is over is reported once, and no answer is wanted then") {
  Fixture f;
  const Job running = f.job(f.serial, 5, start + 1s);
  f.scheduler.admit(running);
  const auto expired = f.scheduler.expire(start + 2s);
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].running);
  CHECK(expired[0].job == running);
  CHECK(running->reported);
  CHECK(f.scheduler.expire(start + 3s).empty());
}

TEST_CASE("an object whose ready call expires goes on with the next one") {
  Fixture f;
  const Job a = f.job(f.overlap, 1);
  const Job b = f.job(f.overlap, 2);
  f.scheduler.admit(a);
  f.scheduler.admit(b);
  f.scheduler.admit(f.job(f.serial, 3, start + 1s));  // ready, but no thread is free
  f.scheduler.admit(f.job(f.serial, 4));
  CHECK(f.scheduler.expire(start + 1s).size() == 1);
  CHECK(f.finish(a) == 4);
}

TEST_CASE("a cancelled call that waits is taken out, one that runs is marked") {
  Fixture f;
  const Job running = f.job(f.serial, 1);
  const Job waiting = f.job(f.serial, 2);
  f.scheduler.admit(running);
  f.scheduler.admit(waiting);
  CHECK(f.scheduler.cancel(nullptr, 2, 2) == nullptr);  // of another link
  CHECK(f.scheduler.cancel(nullptr, 1, 2) == waiting);
  CHECK(f.scheduler.waiting() == 0);
  CHECK(f.scheduler.cancel(nullptr, 1, 1) == running);
  CHECK(running->cancelled);
  CHECK(f.finish(running) == 0);
  CHECK(f.scheduler.cancel(nullptr, 1, 1) == nullptr);
}

TEST_CASE("a call whose thread waits for another call leaves its place to others") {
  Fixture f;
  const Job a = f.job(f.overlap, 1);
  const Job b = f.job(f.overlap, 2);
  f.scheduler.admit(a);
  f.scheduler.admit(b);
  CHECK_FALSE(f.scheduler.admit(f.job(f.overlap, 3)));
  f.scheduler.block(*a);
  CHECK(f.scheduler.has_next());
  const Job third = f.scheduler.next();
  REQUIRE(third);
  CHECK(third->view.header.call_id == 3);
  f.scheduler.unblock(*a);  // three run now: one too many, but not for long
  CHECK_FALSE(f.scheduler.has_next());
  CHECK(f.finish(third) == 0);
}

TEST_CASE("a nested call of the chain that is inside enters while that one waits, others do not") {
  Fixture f;
  const Job outer = f.job(f.serial, 1, SteadyTime::max(), 77);
  REQUIRE(f.scheduler.admit(outer));
  const Job early = f.job(f.serial, 2, SteadyTime::max(), 77);
  CHECK_FALSE(f.scheduler.admit(early));  // the outer one does not wait for it
  const Job stranger = f.job(f.serial, 3, SteadyTime::max(), 78);
  CHECK_FALSE(f.scheduler.admit(stranger));
  f.scheduler.block(*outer);
  const Job inner = f.scheduler.next();
  REQUIRE(inner == early);
  CHECK_FALSE(f.scheduler.innermost(*outer));
  CHECK_FALSE(f.scheduler.admit(f.job(f.serial, 4, SteadyTime::max(), 77)));  // one at a time
  Job next;
  CHECK(f.finish(inner, &next) == 4);
  f.finish(next);
  CHECK(f.scheduler.innermost(*outer));
  f.scheduler.unblock(*outer);
  CHECK(f.finish(outer) == 3);
}

TEST_CASE("a oneway of the chain does not enter: nobody waits for it") {
  Fixture f;
  const Job outer = f.job(f.serial, 1, SteadyTime::max(), 77);
  f.scheduler.admit(outer);
  f.scheduler.block(*outer);
  const Job oneway = f.job(f.serial, 2, SteadyTime::max(), 77);
  oneway->view.header.flags = wire::flag::oneway;
  CHECK_FALSE(f.scheduler.admit(oneway));
  CHECK_FALSE(f.scheduler.has_next());
  f.scheduler.unblock(*outer);
  CHECK(f.finish(outer) == 2);
}

TEST_CASE("a call that answers later gives its thread back and keeps its object") {
  Fixture f;
  const Job later = f.job(f.serial, 1);
  f.scheduler.admit(later);
  CHECK_FALSE(f.scheduler.admit(f.job(f.serial, 2)));
  f.scheduler.suspend(*later);
  CHECK(f.scheduler.admit(f.job(f.overlap, 3)));
  CHECK(f.scheduler.admit(f.job(f.overlap, 4)));
  CHECK_FALSE(f.scheduler.has_next());
  CHECK(f.scheduler.running() == 3);
  f.scheduler.finish(*later);
  CHECK(f.scheduler.waiting() == 1);  // for a thread now
}
