// Bundles through whole brokers: what comes together leaves together, to whom takes it.
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <rmi/broker_control.hpp>
#include <set>
#include <thread>

#include "test/integration/bundled.hpp"
#include "test/integration/fixture.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;
using FrameKind = rmi::wire::Kind;

namespace {

class Doubler {
 public:
  int twice(int number) { return 2 * number; }
  void note(int number) { noted_ += number; }
  int noted() { return noted_; }

 private:
  std::atomic<int> noted_{0};
};
RMI_INTERFACE(Doubler, twice, note, noted)

rmi::Frame call(std::uint64_t id) {
  return rmi::wire::build({.kind = FrameKind::call, .call_id = id}, "server", "method", 0);
}

/// In one message.
rmi::Frame answers_to(const std::vector<Message>& calls) {
  rmi::Bundle answers;
  for (const auto& taken : calls)
    answers.add(rmi::wire::build({.kind = FrameKind::reply,
                                  .call_id = taken.id(),
                                  .registration = taken.view.header.registration},
                                 {}, {}, 0));
  return std::move(*answers.message());
}

/// A daemon and a caller that take bundles, or do not.
struct Peers {
  Peers(bool daemon_takes, bool caller_takes)
      : daemon(broker.endpoint()), caller(broker.endpoint()) {
    daemon.greet("daemon", 0, daemon_takes);
    caller.greet("caller", 0, caller_takes);
    daemon.serve("server");
  }
  rmi::EmbeddedBroker broker{quiet_broker()};
  RawPeer daemon;
  RawPeer caller;
};

}  // namespace

TEST_CASE("the calls of a bundle, and the answers to them, leave the broker in one") {
  Peers peers(true, true);
  peers.caller.send(bundle_of(call(1), call(2), call(3), call(4), call(5)));
  const auto calls = take_bundle(peers.daemon);
  REQUIRE(calls.size() == 5);
  peers.daemon.send(answers_to(calls));
  const auto replies = take_bundle(peers.caller);
  REQUIRE(replies.size() == 5);
  for (std::uint64_t id = 1; id <= 5; ++id)
    CHECK(replies[id - 1].id() == id);
}

TEST_CASE("of a bundle that is all there is under way a quarter leaves the broker ahead") {
  Peers peers(true, true);
  rmi::Bundle calls;
  for (std::uint64_t id = 1; id <= 64; ++id)
    calls.add(call(id));
  peers.caller.send(*calls.message());
  auto taken = take_bundle(peers.daemon);
  REQUIRE(taken.size() == 16);
  for (auto& rest : take_bundle(peers.daemon))
    taken.push_back(std::move(rest));
  REQUIRE(taken.size() == 64);
  peers.daemon.send(answers_to(taken));
  auto replies = take_bundle(peers.caller);
  REQUIRE(replies.size() == 16);
  for (auto& rest : take_bundle(peers.caller))
    replies.push_back(std::move(rest));
  REQUIRE(replies.size() == 64);
  for (std::uint64_t id = 1; id <= 64; ++id)
    CHECK(replies[id - 1].id() == id);
}

TEST_CASE("who does not take bundles gets what is in them one by one") {
  Peers peers(false, false);
  peers.caller.send(bundle_of(call(1), call(2), call(3)));
  for (std::uint64_t id = 1; id <= 3; ++id) {
    const auto taken = peers.daemon.take();
    REQUIRE(taken.kind() == FrameKind::call);
    peers.daemon.reply(taken);
    CHECK(peers.caller.take().id() == id);
  }
}

TEST_CASE("each call of a bundle for a daemon that dies ends") {
  for (int round = 0; round < 10; ++round) {
    Peers peers(true, true);
    std::thread dying([&] { peers.daemon.die(); });
    peers.caller.send(bundle_of(call(1), call(2), call(3)));
    std::set<std::uint64_t> ended;
    while (ended.size() < 3) {
      const auto answer = peers.caller.take();
      REQUIRE(answer.kind() == FrameKind::error);
      CHECK((answer.code() == rmi::ErrorCode::connection_lost ||
             answer.code() == rmi::ErrorCode::name_not_found));
      ended.insert(answer.id());
    }
    dying.join();
  }
}

TEST_CASE("a bundle that is none is answered, and its sender goes on") {
  Scene scene;
  scene.caller.send(rmi::wire::build({.kind = FrameKind::bundle}, {}, {}, 17));
  CHECK(scene.caller.take().code() == rmi::ErrorCode::protocol);
  scene.check_works();
}

TEST_CASE("many calls of many threads each get their own answer") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Daemon daemon(quiet_daemon(broker.endpoint()));
  daemon.serve("doubler", std::make_shared<Doubler>());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  rmi::Proxy<Doubler> doubler(bus, "doubler");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i)
        if (doubler->twice(1000 * t + i) != 2 * (1000 * t + i)) ++wrong;
    });
  std::deque<rmi::Future<int>> flight;
  for (int i = 0; i < 5000; ++i) {
    if (flight.size() == 64) {
      if (flight.front().get() != 2 * (i - 64)) ++wrong;
      flight.pop_front();
    }
    flight.push_back(doubler.async()->twice(i));
    if (i % 50 == 0) doubler.oneway()->note(1);
  }
  for (auto& thread : threads)
    thread.join();
  while (!flight.empty()) {
    flight.front().get();
    flight.pop_front();
  }
  CHECK(wrong == 0);
  CHECK(doubler->noted() == 100);
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  CHECK(control->info().counters.at("accepted") == 7001);
}
