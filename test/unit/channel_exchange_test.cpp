// Threads that call at once: what they leave to whoever is sending, and who receives next.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "test/unit/silent_link.hpp"
#include "test/unit/sleeping.hpp"

using namespace rmi_test;

namespace {

/// A channel over a link whose first send does not return before it is let.
struct Line {
  Channel channel{[] {}};
  SilentLink* line = nullptr;
  Link link = 0;
  std::vector<std::vector<Frame>> messages;  ///< sent; guarded by the channel's mutex

  explicit Line(bool bundles = true) {
    auto socket = std::make_unique<SilentLink>();
    line = socket.get();
    line->on_send = [this](const Frame& sent) { note(sent); };
    line->on_receive = [this] { receivers.push_back(gettid()); };
    link = channel.attach(std::move(socket));
    channel.bundle(bundles);
  }
  ~Line() { channel.detach(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// The next send waits until let_go().
  void hold_next() { holds_ = true; }
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  /// Answers calls by their numbers.
  void answer(const std::vector<std::uint64_t>& numbers) {
    for (const auto number : numbers)
      line->give(numbered(wire::Kind::reply, number, id_of(number)));
    line->ring();
  }
  std::uint64_t id_of(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    return ids_.at(number);
  }
  std::size_t receives_of(pid_t thread) {
    channel.requests_waiting();  // has its mutex
    return static_cast<std::size_t>(std::count(receivers.begin(), receivers.end(), thread));
  }

  std::vector<pid_t> receivers;  ///< who has asked the link for more; guarded as the messages

 private:
  void note(const Frame& sent) {
    std::vector<Frame> frames;
    Frame message = Frame::copy_of(sent.bytes());
    if (is_bundle(message)) {
      const auto payload = wire::payload_of(message);
      for_each_in(std::move(message), payload,
                  [&](Frame part) { frames.push_back(std::move(part)); });
    } else {
      frames.push_back(std::move(message));
    }
    std::unique_lock lock(mutex_);
    for (auto& frame : frames)
      ids_.emplace(payload_number(frame),
                   std::get<wire::View>(wire::parse(frame.bytes())).header.call_id);
    messages.push_back(std::move(frames));
    if (!holds_.exchange(false)) return;
    held_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::uint64_t> ids_;
  std::atomic<bool> holds_{false};
  bool held_ = false;
};

/// A thread that calls once.
struct Caller {
  Caller(Line& line, std::uint64_t number, SteadyTime deadline = in(60s))
      : Caller(line.channel, line.link, number, deadline) {}
  Caller(Channel& channel, Link link, std::uint64_t number, SteadyTime deadline)
      : thread([this, &channel, link, number, deadline] {
          id = gettid();
          answer = channel.exchange(numbered(wire::Kind::call, number), link, deadline);
          over = true;
        }) {}
  ~Caller() { join(); }
  void join() {
    if (thread.joinable()) thread.join();
  }
  void wait_until_asleep() {
    while (id == 0)
      std::this_thread::yield();
    rmi_test::wait_until_asleep(id);
  }
  bool answered(std::uint64_t number) {
    join();
    return answer.end == Channel::End::answered && payload_number(answer.frame) == number;
  }

  std::atomic<pid_t> id{0};
  std::atomic<bool> over{false};
  Channel::Answer answer{Channel::End::timed_out, {}};
  std::thread thread;
};

using Callers = std::vector<std::unique_ptr<Caller>>;

/// So many, with the numbers after `first`, all asleep.
Callers begin(Line& line, std::size_t count, std::uint64_t first = 0) {
  Callers callers;
  for (std::size_t i = 0; i < count; ++i) {
    callers.push_back(std::make_unique<Caller>(line, first + i + 1));
    callers.back()->wait_until_asleep();
  }
  return callers;
}

}  // namespace

TEST_CASE("calls of threads that find another one sending leave together") {
  const bool bundles = GENERATE(true, false);
  Line line(bundles);
  line.hold_next();
  Caller first(line, 9);
  line.wait_until_held();
  Callers others = begin(line, 4);
  line.let_go();
  first.wait_until_asleep();
  line.channel.requests_waiting();  // has had the mutex

  REQUIRE(line.messages.size() == (bundles ? 2 : 5));
  if (bundles) {
    std::vector<std::uint64_t> numbers;
    for (auto& frame : line.messages[1])
      numbers.push_back(payload_number(frame));
    CHECK(numbers == std::vector<std::uint64_t>{1, 2, 3, 4});
  }
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
