// Threads that wait for the ends of asynchronous calls: who receives, and who runs what.
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <rmi/future.hpp>

#include "test/unit/channel_helped.hpp"

using namespace rmi_test;

TEST_CASE("a thread that waits runs the ends of calls itself, also where a worker leads") {
  const bool led = GENERATE(false, true);
  Helped f;
  // A thread that loses its core for some milliseconds may find what it waits for done by others.
  const auto end = in(60s);
  for (bool all_here = false; !all_here;) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    if (led) f.attend();
    const auto first = f.begin(1);
    const auto second = f.begin(2);
    const auto third = f.begin(3);
    std::optional<std::thread> answered;
    const bool helped = f.channel.help(
        f.nothing,
        [&] {  // leads by now
          if (!answered) answered = f.echo(3);
          return third->over.load();
        },
        in(60s));
    answered->join();
    for (const auto& call : {first, second, third})
      f.wait(*call);
    REQUIRE(payload_number(third->answer.frame) == 3);
    all_here = helped;
    for (const auto& call : {first, second, third})
      all_here = all_here && call->ran_on == std::this_thread::get_id();
  }
}

TEST_CASE("ends that no thread waits for are run by a worker soon, also after one has helped") {
  Helped f;
  for (int round = 0; round < 5; ++round) {
    auto answered = f.echo(2);
    const auto waited_for = f.begin(1);
    f.help(*waited_for);
    REQUIRE(waited_for->over);
    const auto left = f.begin(2);
    f.wait(*left);
    REQUIRE(left->over);
    CHECK(left->ran_on != std::this_thread::get_id());
    answered.join();
  }
}

TEST_CASE("where an end is awaited by others than threads, a worker receives") {
  Helped f;
  const auto awaited = std::make_shared<Ended>();
  awaited->awaited = true;
  f.start(awaited, 1);
  const auto other = f.begin(2);
  CHECK_FALSE(f.help(*other));
  auto answered = f.echo(2);
  f.wait(*other);
  f.wait(*awaited);
  CHECK(awaited->ran_on != std::this_thread::get_id());
  CHECK(other->ran_on != std::this_thread::get_id());
  answered.join();
  auto again = f.echo(1);
  const auto last = f.begin(3);
  CHECK(f.help(*last));  // nothing is awaited any more
  again.join();
}

TEST_CASE("continuations of what a waiting thread ends run on a worker") {
  Helped f;
  auto answered = f.echo(1);
  const auto call = std::make_shared<Ended>();
  call->promise.emplace();
  std::atomic<bool> continued{false};
  std::thread::id on;
  auto after = call->promise->get_future().then([&] {
    on = std::this_thread::get_id();
    continued = true;
  });
  f.start(call, 1);
  f.help(*call);
  CHECK(call->over);
  after.wait();
  CHECK(continued);
  CHECK(on != std::this_thread::get_id());
  answered.join();
}

TEST_CASE("a thread stops helping when it is told, at its deadline, and at the end") {
  Helped f;
  const auto call = f.begin(1);  // which nobody answers
  f.help(*call, in(20ms));
  CHECK_FALSE(call->over);
  std::thread helper([&] { f.help(*call); });
  SECTION("told so") {
    std::thread teller([&] {
      call->over = true;
      f.channel.wake_helper();
    });
    teller.join();
    helper.join();
  }
  SECTION("told so before, or by the channel for all") {
    f.channel.refuse_help();
    helper.join();
    f.help(*call);  // does nothing any more
    CHECK_FALSE(call->over);
  }
  SECTION("the link is lost") {
    f.channel.detach();
    helper.join();
    CHECK(call->answer.end == Channel::End::lost);
  }
}

TEST_CASE(
    "a worker that was relieved is there again for the next call, also if it is the only one") {
  Helped f(1);
  for (std::uint64_t round = 0; round < 3000; ++round) {
    auto answered = f.echo(2);
    const auto first = f.begin(1);
    CHECK(f.help(*first));
    const auto second = f.begin(2);
    f.channel.await(*second, second->id);
    f.wait(*second);
    REQUIRE(second->over);
    answered.join();
  }
}

TEST_CASE("what ends a call may make another one, on a thread that helps") {
  struct Calling final : Ended {
    explicit Calling(Helped& where) : fixture(where) {}
    void run() override {
      auto again = fixture.channel.exchange(numbered(wire::Kind::call, 7), fixture.link, in(60s));
      inner = payload_number(again.frame);
      Ended::run();
    }
    Helped& fixture;
    std::uint64_t inner = 0;
  };
  Helped f;
  auto answered = f.echo(2);
  const auto call = std::make_shared<Calling>(f);
  f.start(call, 1);
  f.help(*call);
  f.wait(*call);
  CHECK(call->inner == 7);
  answered.join();
}

TEST_CASE("where another thread waits for an answer, none helps") {
  Helped f;
  std::thread caller([&] { f.channel.exchange(numbered(wire::Kind::call, 1), f.link, in(60s)); });
  Frame frame;
  REQUIRE(f.peer.receive(frame));
  const auto call = f.begin(2);
  CHECK_FALSE(f.help(*call));
  wire::set_kind(frame, wire::Kind::reply);
  f.peer.send(std::move(frame));
  caller.join();
}

TEST_CASE("many threads wait, call, and await at once, and each gets its own") {
  Helped f;
  constexpr std::uint64_t threads = 6;
  constexpr std::uint64_t calls = 2000;
  auto answered = f.echo(threads * calls);
  std::atomic<std::uint64_t> right{0};
  std::vector<std::thread> callers;
  for (std::uint64_t t = 0; t < threads; ++t)
    callers.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < calls; ++i) {
        const std::uint64_t number = t * calls + i;
        if (t < 2) {  // waits itself
          auto answer = f.channel.exchange(numbered(wire::Kind::call, number), f.link, in(60s));
          if (payload_number(answer.frame) == number) ++right;
          continue;
        }
        const auto call = std::make_shared<Ended>();
        call->awaited = t == 2 && i % 100 < 20;
        Frame frame = numbered(wire::Kind::call, number);
        Channel::End end{};
        const auto id = f.channel.start(frame, f.link, call, end);
        if (!f.help(*call)) f.channel.await(*call, id);
        f.wait(*call);
        if (payload_number(call->answer.frame) == number) ++right;
      }
    });
  for (auto& caller : callers)
    caller.join();
  answered.join();
  CHECK(right == threads * calls);
}
