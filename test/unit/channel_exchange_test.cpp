// Threads that call at once: what they leave to whoever is sending.
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "test/unit/channel_callers.hpp"

using namespace rmi_test;

TEST_CASE("calls of threads that find another one sending leave together") {
  const bool bundles = GENERATE(true, false);
  Line line(bundles);
  line.hold_next();
  Caller first(line, 9);
  line.wait_until_held();
  Callers others = begin(line, 4);
  line.let_go();
  line.wait_for_frames(5);
  using Numbers = std::vector<std::vector<std::uint64_t>>;
  CHECK(line.sent() == (bundles ? Numbers{{9}, {1, 2, 3, 4}} : Numbers{{9}, {1}, {2}, {3}, {4}}));
  line.answer({3, 1, 9, 4, 2});
  CHECK(first.answered(9));
  for (std::size_t i = 0; i < others.size(); ++i)
    CHECK(others[i]->answered(i + 1));
}

TEST_CASE("of a call that was left to another thread its own learns why it was not sent") {
  Line line;
  line.hold_next();
  Caller first(line, 9);
  line.wait_until_held();
  Caller old(line.channel, line.link + 1, 1, in(60s));
  old.wait_until_asleep();
  Caller unlucky(line, 2);
  unlucky.wait_until_asleep();
  line.line->full = true;  // from the next one on
  line.let_go();
  old.join();
  CHECK(old.answer.end == Channel::End::not_sent);
  CHECK(payload_number(old.answer.frame) == 1);
  unlucky.join();
  CHECK(unlucky.answer.end == Channel::End::full);
  CHECK(payload_number(unlucky.answer.frame) == 2);
  line.answer({9});
  CHECK(first.answered(9));
}

TEST_CASE("calls that left together wait for room together") {
  Line line;
  line.hold_next();
  Caller first(line, 9);
  line.wait_until_held();
  Callers others = begin(line, 2);
  line.line->full = true;
  line.let_go();
  while (line.line->refused < 50)  // they are offered again and again
    std::this_thread::yield();
  line.line->full = false;
  line.wait_for_frames(3);
  line.answer({9, 1, 2});
  CHECK(first.answered(9));
  CHECK(others[0]->answered(1));
  CHECK(others[1]->answered(2));
}

TEST_CASE("a call that was left to another thread ends at its deadline") {
  Line line;
  line.hold_next();
  Caller first(line, 9);
  line.wait_until_held();
  const auto deadline = in(5ms);
  Caller late(line, 1, deadline);
  while (std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  CHECK_FALSE(late.over);  // the other one may be sending it
  line.let_go();
  late.join();
  CHECK(late.answer.end == Channel::End::timed_out);
  line.answer({9});
  CHECK(first.answered(9));
}

TEST_CASE("a call that was left while nobody leads is led by its own thread") {
  Line line;
  line.hold_next();
  std::thread sender([&] {
    Frame frame = numbered(wire::Kind::pong, 9);
    line.channel.post(frame, line.link);
  });
  line.wait_until_held();
  Callers others = begin(line, 2);
  line.let_go();
  sender.join();
  for (auto& other : others)
    other->wait_until_asleep();
  line.answer({2, 1});
  CHECK(others[0]->answered(1));
  CHECK(others[1]->answered(2));
}
