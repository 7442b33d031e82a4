// What a channel does for those that do not wait: completions, tasks, and loops of others.
#include "test/unit/channel_fixture.hpp"

#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>

using namespace rmi_test;

namespace {

struct Counted : Channel::Completion {
  explicit Counted(std::atomic<int>& counter) : runs(counter) {}
  void run() override { ++runs; }
  std::atomic<int>& runs;
};

}  // namespace

TEST_CASE("a call that nobody waits for is completed by a worker, or forgotten when abandoned") {
  Fixture fixture;
  std::atomic<int> runs{0};
  auto kept = std::make_shared<Counted>(runs);
  auto dropped = std::make_shared<Counted>(runs);
  Channel::End end{};
  Frame first = numbered(wire::Kind::call, 5);
  Frame second = numbered(wire::Kind::call, 6);
  const auto kept_id = fixture.channel.start(first, fixture.link, kept, end);
  const auto dropped_id = fixture.channel.start(second, fixture.link, dropped, end);
  REQUIRE(kept_id != 0);
  CHECK(payload_number(first) == 5);  // its owner keeps it
  CHECK(fixture.channel.abandon(dropped_id) == dropped);
  CHECK(fixture.channel.abandon(dropped_id) == nullptr);
  fixture.echo(2).join();
  Channel::Worker self;
  WorkPtr task;
  REQUIRE(fixture.channel.next_work(
      self, [](Channel::Request) {}, task));
  task->run();
  CHECK(runs == 1);
  CHECK(kept->answer.end == Channel::End::answered);
  CHECK(payload_number(kept->answer.frame) == 5);
}

TEST_CASE("losing the link completes what nobody waits for, and a gone link takes nothing") {
  Fixture fixture;
  std::atomic<int> runs{0};
  auto call = std::make_shared<Counted>(runs);
  Channel::End end{};
  Frame frame = numbered(wire::Kind::call, 5);
  REQUIRE(fixture.channel.start(frame, fixture.link, call, end) != 0);
  fixture.channel.detach();
  Channel::Worker self;
  WorkPtr task;
  REQUIRE(fixture.channel.next_work(
      self, [](Channel::Request) {}, task));
  task->run();
  CHECK(call->answer.end == Channel::End::lost);
  Frame late = numbered(wire::Kind::call, 6);
  CHECK(fixture.channel.start(late, fixture.link, call, end) == 0);
  CHECK(end == Channel::End::not_sent);
  CHECK(payload_number(late) == 6);
}

TEST_CASE("tasks are done before a closed channel lets its workers go") {
  Channel channel{[] {}};
  std::atomic<int> runs{0};
  channel.submit(std::make_shared<Counted>(runs));
  channel.close();
  Channel::Worker self;
  WorkPtr task;
  REQUIRE(channel.next_work(
      self, [](Channel::Request) {}, task));
  CHECK_FALSE(channel.next_work(
      self, [](Channel::Request) {}, task));
}

TEST_CASE("a loop that is not ours is told of requests and of tasks, and waits for none") {
  Fixture fixture;
  pollfd wait{fixture.channel.work_fd(), POLLIN, 0};
  const auto take_one = [&] {
    bool request = false;
    WorkPtr task;
    while (!fixture.channel.poll_work([&](Channel::Request) { request = true; }, task))
      poll(&wait, 1, 60000);
    return request;
  };
  auto hello = numbered(wire::Kind::hello, 0);
  REQUIRE(fixture.channel.post(hello, fixture.link));
  Frame frame;
  REQUIRE(fixture.peer.receive(frame));
  fixture.peer.send(numbered(wire::Kind::call, 1, 1));
  CHECK(take_one());
  std::atomic<int> runs{0};
  fixture.channel.submit(std::make_shared<Counted>(runs));
  CHECK_FALSE(take_one());
  WorkPtr task;
  CHECK_FALSE(fixture.channel.poll_work([](Channel::Request) {}, task));
}
