// Threads that call at once: who receives next, and how it comes to that.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "test/support/sanitized.hpp"
#include "test/unit/channel_callers.hpp"

using namespace rmi_test;

TEST_CASE("who leads next is not woken for it, and wakes for what comes") {
  Line line;
  Callers callers = begin(line, 3);
  const auto before = line.receives_of(callers[1]->id);
  line.answer({1});
  CHECK(callers[0]->answered(1));
  callers[1]->wait_until_asleep();
  CHECK(line.receives_of(callers[1]->id) == before);
  line.answer({2});
  CHECK(callers[1]->answered(2));
  line.answer({3});
  CHECK(callers[2]->answered(3));
}

TEST_CASE("what is left to receive when a leader goes is not forgotten") {
  Line line;
  Callers callers = begin(line, 6);
  line.answer({1, 2, 3, 4, 5, 6});  // one ring for all
  for (std::size_t i = 0; i < callers.size(); ++i)
    CHECK(callers[i]->answered(i + 1));
}

TEST_CASE("a leader in its sleep hands the lead on at its deadline") {
  Line line;
  Callers callers = begin(line, 1);
  Caller next(line, 2, in(50ms));
  next.wait_until_asleep();
  Caller last(line, 3);
  last.wait_until_asleep();
  line.answer({1});
  CHECK(callers[0]->answered(1));
  next.join();
  CHECK(next.answer.end == Channel::End::timed_out);
  line.answer({3});
  CHECK(last.answered(3));
}

TEST_CASE("a leader in its sleep learns what another thread has received") {
  Line line;
  Callers callers = begin(line, 2);
  line.answer({1});
  CHECK(callers[0]->answered(1));
  callers[1]->wait_until_asleep();
  line.line->give(numbered(wire::Kind::reply, 2, line.id_of(2)));  // and no ring
  Frame other = numbered(wire::Kind::pong, 9);
  CHECK(line.channel.post(other, line.link));
  CHECK(callers[1]->answered(2));
}

TEST_CASE("a leader in its sleep learns that the link is gone, and leads the next one") {
  Line line;
  Callers callers = begin(line, 3);
  line.answer({1});
  CHECK(callers[0]->answered(1));
  callers[1]->wait_until_asleep();
  line.channel.detach();
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    callers[i]->join();
    CHECK(callers[i]->answer.end == Channel::End::lost);
  }
}

TEST_CASE("threads without descriptors of their own call as well") {
  if (needs_descriptors) return;
  Fixture fixture;
  constexpr std::size_t threads = 24;
  constexpr std::size_t calls = 100;
  auto echo = fixture.echo(threads * calls);
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none{3, limit.rlim_max};  // all of these are used, and poll() takes three
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto right = run_callers(fixture, threads, calls);
  setrlimit(RLIMIT_NOFILE, &limit);
  CHECK(right == threads * calls);
  echo.join();
}
