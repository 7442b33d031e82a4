// The routing core and objects of the broker that answer later.
#include "ns/routing.hpp"

#include <catch2/catch.hpp>

#include "routing_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using FrameKind = wire::Kind;
constexpr Peer caller = RoutingBench::caller;
constexpr Peer third = RoutingBench::other;

namespace {

/// Answers nothing until it is told to.
struct LateObjects : LocalObjects {
  Result call(const LocalCaller& caller, Frame& request) override {
    const auto view = std::get<wire::View>(wire::parse(std::as_const(request).bytes()));
    waiting.emplace_back(caller.peer, view.header.call_id);
    Result result;
    result.later = true;
    return result;
  }
  std::vector<Answer> take_answers(Time now) override {
    if (due && *due <= now) answer();
    return std::exchange(answers, {});
  }
  std::optional<Time> next_answer() const override { return due; }
  bool cancel(Peer peer, std::uint64_t call_id) override {
    return std::erase(waiting, std::pair(peer, call_id)) != 0;
  }
  void ended(Peer peer) override { gone.push_back(peer); }

  void answer() {
    due.reset();
    for (const auto& [peer, call_id] : waiting)
      answers.push_back(
          {.to = peer,
           .frame = wire::build({.kind = FrameKind::reply, .call_id = call_id}, {}, {}, 0)});
    waiting.clear();
  }
  std::vector<std::pair<Peer, std::uint64_t>> waiting;
  std::vector<Answer> answers;
  std::optional<Time> due;
  std::vector<Peer> gone;
};

struct LateBench : RoutingBench {
  LateBench() {
    core.serve(late);
    set_up();
    call(caller, 7, {.object = "@00000000/0000000000000001"});
    CHECK(silent(caller));
  }
  LateObjects late;
};

}  // namespace

TEST_CASE("an answer that comes later is sent as soon as anything has happened") {
  LateBench bench;
  CHECK(bench.core.in_flight() == 0);
  bench.late.answer();
  bench.control(third, FrameKind::pong, 0);
  CHECK(bench.take(caller).id() == 7);
  bench.control(third, FrameKind::pong, 0);
  CHECK(bench.silent(caller));
}

TEST_CASE("an answer that is due wakes the broker by itself") {
  LateBench bench;
  bench.late.due = bench.now + 300ms;
  CHECK(bench.core.next_timer() == bench.now + 300ms);
  bench.pass(300ms);
  CHECK(bench.take(caller).id() == 7);
}

TEST_CASE("a call that is answered later can be cancelled by its caller alone") {
  LateBench bench;
  bench.control(third, FrameKind::cancel, 7);
  CHECK(bench.counters().cancelled == 0);
  bench.control(caller, FrameKind::cancel, 7);
  CHECK(bench.counters().cancelled == 1);
  CHECK(bench.late.waiting.empty());
}

TEST_CASE("objects that answer later are told of the end of each session") {
  LateBench bench;
  bench.control(caller, FrameKind::bye, 0);
  CHECK(bench.late.gone == std::vector<Peer>{caller});
}
