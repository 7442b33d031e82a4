// Who leads while a connection that only calls has no call under way.
#include "test/unit/channel_fixture.hpp"

#include <sys/resource.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

using namespace rmi_test;

namespace {

/// How often the calling thread has gone to sleep.
long sleeps() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

/// Threads that do what comes: two or more in a bus, one for a direct connection.
class Workers {
 public:
  explicit Workers(Channel& channel, std::size_t count = 2) : channel_(channel), threads_(count) {
    for (auto& thread : threads_)
      thread = std::thread([this] { work(); });
  }
  ~Workers() { end(); }
  /// @return how often they have slept in their lives.
  long end() {
    channel_.close();
    for (auto& thread : threads_)
      if (thread.joinable()) thread.join();
    return sleeps_;
  }
  std::atomic<int> tasks{0};

 private:
  void work() {
    Channel::Worker self;
    for (WorkPtr task; channel_.next_work(
             self, [](Channel::Request) {}, task);
         task = nullptr)
      if (task) {
        task->run();
        ++tasks;
      }
    sleeps_ += sleeps();
  }

  Channel& channel_;
  std::atomic<long> sleeps_{0};
  std::vector<std::thread> threads_;
};

struct Nothing : Channel::Completion {
  void run() override {}
};

std::uint64_t call(Fixture& fixture, std::uint64_t number) {
  auto answer = fixture.channel.exchange(numbered(wire::Kind::call, number), fixture.link, in(60s));
  REQUIRE(answer.end == Channel::End::answered);
  return payload_number(answer.frame);
}

}  // namespace

TEST_CASE("calls of one thread wake no worker, also after it has led") {
  constexpr std::uint64_t calls = 2000;
  Fixture fixture;
  Workers workers(fixture.channel, GENERATE(1U, 2U));
  auto peer = fixture.echo(calls + 1);
  Frame frame = numbered(wire::Kind::call, 6);
  Channel::End end{};
  // For which a worker leads.
  REQUIRE(fixture.channel.start(frame, fixture.link, std::make_shared<Nothing>(), end) != 0);
  while (workers.tasks < 1)
    std::this_thread::yield();
  for (std::uint64_t i = 0; i < calls; ++i)
    REQUIRE(call(fixture, i) == i);
  peer.join();
  CHECK(workers.end() < static_cast<long>(calls) / 2);
}

TEST_CASE("a ping that comes between two calls is answered") {
  Fixture fixture;
  Workers workers(fixture.channel, GENERATE(1U, 2U));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    auto peer = fixture.echo(1);
    CHECK(call(fixture, i) == i);
    peer.join();
    fixture.peer.send(numbered(wire::Kind::ping, i, i));
    Frame pong;
    REQUIRE(fixture.peer.receive(pong));
    CHECK(wire::kind_of(pong) == wire::Kind::pong);
  }
}

TEST_CASE("who expects calls has a reader between two of its own") {
  constexpr std::uint64_t calls = 2000;
  Fixture fixture;
  Workers workers(fixture.channel);
  auto peer = fixture.echo(calls + 1);
  CHECK(call(fixture, 0) == 0);
  fixture.channel.expect_calls();
  for (std::uint64_t i = 0; i < calls; ++i)
    REQUIRE(call(fixture, i) == i);
  peer.join();
  // One was awake for each, unless its thread had no core in time.
  CHECK(workers.end() > static_cast<long>(calls) / 20);
}

TEST_CASE("a call that nobody waits for is completed although its thread has just led") {
  Fixture fixture;
  Workers workers(fixture.channel);
  for (int i = 1; i <= 100; ++i) {
    auto peer = fixture.echo(2);
    CHECK(call(fixture, 5) == 5);
    Frame frame = numbered(wire::Kind::call, 6);
    Channel::End end{};
    REQUIRE(fixture.channel.start(frame, fixture.link, std::make_shared<Nothing>(), end) != 0);
    peer.join();
    while (workers.tasks < i)
      std::this_thread::yield();
  }
}
