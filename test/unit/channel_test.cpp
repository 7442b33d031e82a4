// Any number of threads on one connection: each gets its own answer, whoever reads the socket.
#include "test/unit/channel_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace rmi_test;

TEST_CASE("every thread gets the answer to its own call") {
  const std::size_t threads = GENERATE(std::size_t{1}, std::size_t{8}, std::size_t{64});
  const std::size_t calls = 6400 / threads;
  Fixture fixture;
  auto echo = fixture.echo(threads * calls);
  CHECK(run_callers(fixture, threads, calls) == threads * calls);
  echo.join();
}

TEST_CASE("a call without an answer ends at its deadline and its late answer goes nowhere") {
  Fixture fixture;
  auto late = fixture.channel.exchange(numbered(wire::Kind::call, 1), fixture.link, in(20ms));
  CHECK(late.end == Channel::End::timed_out);
  auto echo = fixture.echo(2);
  auto next = fixture.channel.exchange(numbered(wire::Kind::call, 2), fixture.link, in(60s));
  REQUIRE(next.end == Channel::End::answered);
  CHECK(payload_number(next.frame) == 2);
  echo.join();
}

TEST_CASE("a leader whose time is up hands the lead to a thread that still waits") {
  Fixture fixture;
  std::vector<std::thread> callers;
  std::atomic<int> answered{0};
  std::atomic<int> timed_out{0};
  for (std::uint64_t i = 0; i < 8; ++i)
    callers.emplace_back([&, i] {
      const auto deadline = i % 2 == 0 ? in(30ms) : in(60s);
      auto answer = fixture.channel.exchange(numbered(wire::Kind::call, i), fixture.link, deadline);
      if (answer.end == Channel::End::answered) ++answered;
      if (answer.end == Channel::End::timed_out) ++timed_out;
    });
  std::vector<Frame> held(8);
  for (auto& frame : held)
    REQUIRE(fixture.peer.receive(frame));
  while (timed_out < 4)
    std::this_thread::yield();
  for (auto& frame : held) {
    wire::set_kind(frame, wire::Kind::reply);
    fixture.peer.send(std::move(frame));
  }
  for (auto& caller : callers)
    caller.join();
  CHECK(answered == 4);
}

TEST_CASE("losing the link ends what was sent as lost, and what comes later is not sent") {
  Fixture fixture;
  std::vector<std::thread> callers;
  std::atomic<int> lost{0};
  for (std::uint64_t i = 0; i < 8; ++i)
    callers.emplace_back([&, i] {
      auto answer = fixture.channel.exchange(numbered(wire::Kind::call, i), fixture.link, in(60s));
      if (answer.end == Channel::End::lost) ++lost;
    });
  Frame frame;
  for (int i = 0; i < 8; ++i)
    REQUIRE(fixture.peer.receive(frame));
  fixture.channel.detach();
  for (auto& caller : callers)
    caller.join();
  CHECK(lost == 8);
  auto after = fixture.channel.exchange(numbered(wire::Kind::call, 9), fixture.link, in(60s));
  CHECK(after.end == Channel::End::not_sent);
  CHECK(payload_number(after.frame) == 9);
}

TEST_CASE("requests are spread over the workers and each is taken once") {
  const int workers = GENERATE(1, 4);
  constexpr std::uint64_t requests = 2000;
  Fixture fixture;
  auto hello = numbered(wire::Kind::hello, 0);
  REQUIRE(fixture.channel.post(hello, fixture.link));
  Frame frame;
  REQUIRE(fixture.peer.receive(frame));

  std::vector<std::thread> pool;
  for (int w = 0; w < workers; ++w)
    pool.emplace_back([&] {
      Channel::Request request;
      Channel::Worker self;
      WorkPtr task;
      while (fixture.channel.next_work(
          self, [&](Channel::Request taken) { request = std::move(taken); }, task)) {
        wire::set_kind(request.frame, wire::Kind::reply);
        fixture.channel.put(request.frame, request.link, true);
      }
    });
  for (std::uint64_t i = 0; i < requests; ++i)
    fixture.peer.send(numbered(wire::Kind::call, i, i));
  std::vector<bool> seen(requests, false);
  std::uint64_t replies = 0;
  for (; replies < requests && fixture.peer.receive(frame); ++replies)
    seen[payload_number(frame)] = true;
  CHECK(replies == requests);
  CHECK(std::find(seen.begin(), seen.end(), false) == seen.end());
  fixture.channel.close();
  for (auto& worker : pool)
    worker.join();
}

TEST_CASE("callers and workers share a channel") {
  Fixture fixture;
  std::vector<std::thread> pool;
  std::atomic<int> taken{0};
  for (int w = 0; w < 3; ++w)
    pool.emplace_back([&] {
      Channel::Worker self;
      WorkPtr task;
      while (fixture.channel.next_work(
          self, [&](Channel::Request) { ++taken; }, task)) {
      }
    });
  std::thread peer([&] {
    Frame frame;
    for (std::uint64_t i = 0; i < 1000 && fixture.peer.receive(frame); ++i) {
      fixture.peer.send(numbered(wire::Kind::call, i, i));
      wire::set_kind(frame, wire::Kind::reply);
      fixture.peer.send(std::move(frame));
      frame = Frame();
    }
  });
  CHECK(run_callers(fixture, 4, 250) == 1000);
  peer.join();
  while (taken < 1000)
    std::this_thread::yield();
  fixture.channel.close();
  for (auto& worker : pool)
    worker.join();
  CHECK(taken == 1000);
}

TEST_CASE("a ping is answered although no thread serves requests") {
  Fixture fixture;
  auto hello = numbered(wire::Kind::hello, 0);
  REQUIRE(fixture.channel.post(hello, fixture.link));
  Frame frame;
  REQUIRE(fixture.peer.receive(frame));
  fixture.peer.send(numbered(wire::Kind::ping, 7, 7));
  std::thread waiter(
      [&] { fixture.channel.exchange(numbered(wire::Kind::call, 1), fixture.link, in(60s)); });
  bool pong = false;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(fixture.peer.receive(frame));
    const auto kind = std::get<wire::View>(wire::parse(frame.bytes())).header.kind;
    if (kind == wire::Kind::pong) pong = true;
    if (kind == wire::Kind::call) {
      wire::set_kind(frame, wire::Kind::reply);
      fixture.peer.send(std::move(frame));
      frame = Frame();
    }
  }
  waiter.join();
  CHECK(pong);
}
