// Answers and calls that leave in bundles, and those that must not wait for others.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "test/unit/channel_helped.hpp"
#include "test/unit/silent_link.hpp"

using namespace rmi_test;

namespace {

Frame bundle_of(std::vector<Frame> frames) {
  Bundle bundle;
  for (auto& frame : frames)
    bundle.add(std::move(frame));
  return std::move(*bundle.message());
}

/// The frames of the next message that a peer gets.
std::vector<Frame> next_message(Peer& peer) {
  std::vector<Frame> frames;
  Frame message;
  if (!peer.receive(message)) return frames;
  if (!is_bundle(message)) {
    frames.push_back(std::move(message));
    return frames;
  }
  const auto payload = wire::payload_of(message);
  REQUIRE(frames_in_bundle(payload) != 0);
  for_each_in(std::move(message), payload, [&](Frame part) { frames.push_back(std::move(part)); });
  return frames;
}

/// Workers that answer calls, as those of a daemon do. A call whose number is not 0 lasts until
/// it is let go.
struct Served : Fixture {
  explicit Served(int threads = 3) {
    channel.expect_calls();
    for (int i = 0; i < threads; ++i)
      workers.emplace_back([this] { work(); });
    Frame hello = numbered(wire::Kind::pong, 0);  // so that the peer knows where to send
    REQUIRE(channel.post(hello, link));
    REQUIRE(peer.receive(hello));
  }
  ~Served() {
    held = false;
    held.notify_all();
    channel.close();
    for (auto& worker : workers)
      worker.join();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  void work() {
    Channel::Worker self;
    WorkPtr task;
    Channel::Request request{};
    while (channel.next_work(
        self, [&](Channel::Request taken) { request = std::move(taken); }, task)) {
      if (task) continue;
      if (payload_number(request.frame) != 0) held.wait(true);
      wire::set_kind(request.frame, wire::Kind::reply);
      channel.put(request.frame, request.link, true);
    }
  }
  /// So many that workers expect the next ones to be quick, too.
  void be_quick() {
    for (std::uint64_t id = 1; id <= 40; ++id) {
      peer.send(numbered(wire::Kind::call, 0, id));
      REQUIRE(next_message(peer).size() == 1);
    }
  }
  void call_together(std::vector<std::uint64_t> numbers) {
    std::vector<Frame> calls;
    for (const auto number : numbers)
      calls.push_back(numbered(wire::Kind::call, number, 100 + calls.size()));
    peer.send(bundle_of(std::move(calls)));
  }
  /// The sizes of the messages in which so many answers come; their ids in `ids`.
  std::vector<std::size_t> answers(std::size_t count, std::vector<std::uint64_t>& ids) {
    std::vector<std::size_t> sizes;
    while (ids.size() < count) {
      const auto frames = next_message(peer);
      REQUIRE_FALSE(frames.empty());
      sizes.push_back(frames.size());
      for (const auto& frame : frames)
        ids.push_back(std::get<wire::View>(wire::parse(frame.bytes())).header.call_id);
    }
    std::ranges::sort(ids);
    return sizes;
  }

  std::atomic<bool> held{true};
  std::vector<std::thread> workers;
};

}  // namespace

TEST_CASE("answers to what came together leave together, where a bundle is taken") {
  Served f;
  f.channel.bundle(true);
  const auto end = in(60s);
  for (bool together = false; !together;) {  // a worker may lose its core
    REQUIRE(std::chrono::steady_clock::now() < end);
    f.be_quick();
    f.call_together({0, 0, 0, 0, 0, 0});
    std::vector<std::uint64_t> ids;
    together = f.answers(6, ids) == std::vector<std::size_t>{6};
    CHECK(ids == std::vector<std::uint64_t>{100, 101, 102, 103, 104, 105});
  }
}

TEST_CASE("answers leave one by one where no bundle is taken, or nobody stands by") {
  const bool alone = GENERATE(false, true);
  Served f(alone ? 1 : 3);
  f.channel.bundle(alone);
  for (int round = 0; round < 20; ++round) {
    f.be_quick();
    f.call_together({0, 0, 0, 0, 0, 0});
    std::vector<std::uint64_t> ids;
    CHECK(f.answers(6, ids) == std::vector<std::size_t>(6, 1));
  }
}

TEST_CASE("an answer does not wait for a request that turns out to be slow") {
  // As many slow ones as there are workers, or fewer.
  const std::size_t slow = GENERATE(1U, 2U, 3U);
  for (int round = 0; round < 10; ++round) {
    Served f;
    f.channel.bundle(true);
    f.be_quick();
    std::vector<std::uint64_t> numbers{0};
    numbers.resize(1 + slow, 1);
    f.call_together(numbers);
    std::vector<std::uint64_t> first;
    f.answers(1, first);  // while the others last
    CHECK(first == std::vector<std::uint64_t>{100});
    f.held = false;
    f.held.notify_all();
    std::vector<std::uint64_t> rest;
    f.answers(slow, rest);
    CHECK(rest.front() == 101);
  }
}

namespace {

/// A thread that makes its calls anew as soon as they have ended.
struct Renewing : Helped {
  static constexpr std::size_t calls = 6;

  /// @return whether they came to the peer in one message.
  bool round() {
    std::vector<std::shared_ptr<Ended>> begun;
    for (std::uint64_t i = 0; i < calls; ++i)
      begun.push_back(begin(i));
    std::size_t messages = 0;
    std::thread peer_thread([&] {
      std::vector<Frame> replies;
      for (; replies.size() < calls; ++messages)
        for (auto& frame : next_message(peer)) {
          wire::set_kind(frame, wire::Kind::reply);
          replies.push_back(std::move(frame));
        }
      peer.send(bundle_of(std::move(replies)));
    });
    for (const auto& call : begun)
      help(*call);
    for (const auto& call : begun)
      wait(*call);
    peer_thread.join();
    return messages == 1;
  }
  void until_together() {
    const auto end = in(60s);
    while (!round())
      REQUIRE(std::chrono::steady_clock::now() < end);
  }
};

}  // namespace

TEST_CASE("calls that follow ends which came together leave together") {
  Renewing f;
  f.channel.bundle(true);
  f.until_together();
}

TEST_CASE("calls leave one by one where no bundle is taken") {
  Renewing f;
  for (int i = 0; i < 50; ++i)
    CHECK_FALSE(f.round());
}

TEST_CASE("a call does not wait for a thread that does not come back") {
  Renewing f;
  f.channel.bundle(true);
  f.until_together();
  const auto call = f.begin(7);  // fewer than it may expect, and nothing else
  auto frames = next_message(f.peer);
  REQUIRE(frames.size() == 1);
  CHECK(payload_number(frames.front()) == 7);
  wire::set_kind(frames.front(), wire::Kind::reply);
  f.peer.send(std::move(frames.front()));
  f.wait(*call);
}

namespace {

/// The same over a link that answers `wanted` calls at once when it has them.
struct Quiet : Helped {
  Quiet() {
    channel.detach();
    auto socket = std::make_unique<SilentLink>();
    line = socket.get();
    line->on_send = [this](const Frame& sent) { answer(sent); };
    link = channel.attach(std::move(socket));
    channel.bundle(true);
  }
  ~Quiet() { channel.detach(); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

  void answer(const Frame& sent) {
    Frame message = Frame::copy_of(sent.bytes());
    const auto payload = wire::payload_of(message);
    const auto add = [&](Frame call) {
      wire::set_kind(call, wire::Kind::reply);
      replies.push_back(std::move(call));
    };
    if (is_bundle(message))
      for_each_in(std::move(message), payload, add);
    else
      add(std::move(message));
    if (replies.size() < wanted) return;
    bundled = replies.size() == wanted && is_bundle(sent);
    line->give(bundle_of(std::exchange(replies, {})));
    if (!silent) line->ring();
  }
  void begin_and_end(std::size_t calls) {
    wanted = calls;
    std::vector<std::shared_ptr<Ended>> begun;
    for (std::uint64_t i = 0; i < calls; ++i)
      begun.push_back(begin(i));
    for (const auto& call : begun)
      help(*call);
    for (const auto& call : begun)
      wait(*call);
  }

  SilentLink* line = nullptr;
  std::vector<Frame> replies;
  std::atomic<std::size_t> wanted{0};
  std::atomic<bool> silent{false};
  std::atomic<bool> bundled{false};
};

}  // namespace

TEST_CASE("an answer that comes while held calls are sent is seen by the thread that sends them") {
  Quiet f;
  const auto end = in(60s);
  // Some milliseconds after other threads have sent, who leads polls for long.
  const auto begun = in(50ms);
  while (!f.bundled || std::chrono::steady_clock::now() < begun) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    f.begin_and_end(6);
  }
  f.silent = true;  // who polls after the send would wait for ever
  f.wanted = 3;     // fewer than are expected: they are held until the thread comes back
  std::vector<std::shared_ptr<Ended>> calls;
  for (std::uint64_t i = 0; i < 3; ++i)
    calls.push_back(f.begin(i));
  f.help(*calls.back(), in(30s));
  for (const auto& call : calls)
    CHECK(call->over);
}
