// A routing core with a fake transport and invented time.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <rmi/archive.hpp>

#include "bus/control.hpp"
#include "ns/routing.hpp"

namespace rmi::ns {

struct FakeTransport : Transport {
  SendResult send(Peer to, Frame& frame) override {
    if (gone.contains(to)) return SendResult::gone;
    if (full.contains(to)) return SendResult::full;
    inbox[to].push_back(std::move(frame));
    ++sent;
    return SendResult::sent;
  }
  SendResult send_bundled(Peer to, Frame& frame) override {
    ++bundled[to];
    return send(to, frame);
  }
  void flush() noexcept override { flushes.push_back(sent); }
  Origin origin_of(Frame&) override { return origin; }
  bool all_received() const noexcept override { return !more; }
  void hang_up(const Link& link) override { hung_up.push_back(link.fd); }
  Origin origin;
  bool more = false;  ///< than what the core was given
  std::vector<int> hung_up;
  std::map<Peer, std::deque<Frame>> inbox;
  std::map<Peer, int> bundled;       ///< frames that could leave together with others
  std::size_t sent = 0;              ///< frames, to anybody
  std::vector<std::size_t> flushes;  ///< how many there were at each
  std::set<Peer> gone;
  std::set<Peer> full;
};

/// Answers with the name of the object that was called, or asks to wait for `wait_for`.
struct FakeObjects : LocalObjects {
  Result call(const LocalCaller& caller, Frame& request) override {
    const auto view = std::get<wire::View>(wire::parse(std::as_const(request).bytes()));
    calls.push_back(std::string(caller.text) + " calls " + std::string(view.object));
    Result result;
    if (!wait_for.empty()) {
      result.wait_for = wait_for;
      return result;
    }
    result.answer = wire::build({.kind = answer_kind}, {}, {}, answer_size);
    return result;
  }
  std::vector<std::string> calls;
  std::string wait_for;
  std::size_t answer_size = 0;
  wire::Kind answer_kind = wire::Kind::reply;
};

/// A frame that some peer received, taken apart.
struct Received {
  explicit Received(Frame received) : frame(std::move(received)) {
    const auto parsed = wire::parse(std::as_const(frame).bytes());
    REQUIRE(std::holds_alternative<wire::View>(parsed));
    view = std::get<wire::View>(parsed);
    if (view.header.kind == wire::Kind::error && !view.payload.empty())
      error = read_error(view.payload);
  }
  wire::Kind kind() const { return view.header.kind; }
  std::uint64_t id() const { return view.header.call_id; }
  ErrorCode code() const { return static_cast<ErrorCode>(error.code); }
  Outcome outcome() const { return static_cast<Outcome>(error.outcome); }

  Frame frame;
  wire::View view;
  ErrorPayload error;
};

struct RoutingBench {
  static constexpr Peer caller = 1, daemon = 2, other = 3;
  static constexpr std::uint64_t epoch = 0x1234'5678'9abc'def0;

  explicit RoutingBench(const Limits& limits = {})
      : now(Time{} + std::chrono::seconds(5000)),
        registry(limits.registry, std::chrono::seconds(15), 500),
        core(transport, registry,
             {.limits = limits,
              .version = "9.9",
              .epoch = epoch,
              .log = [this](const LogLine& line) { lines.emplace_back(line.text); }},
             now) {
    core.serve(objects);
  }

  // What peers do.
  void send(Peer from, Frame frame) { core.on_frame(from, std::move(frame), now); }
  void greet(Peer peer, const std::string& program, std::uint64_t max_message = 0) {
    Hello hello;
    hello.session[0] = static_cast<std::uint8_t>(peer);
    hello.program = program;
    hello.host = "alpha";
    hello.pid = 4711;
    hello.max_message = max_message;
    hello.bundles = takes_bundles;
    send(peer, make_hello(hello));
    CHECK(take(peer).kind() == wire::Kind::welcome);
  }
  /// Three sessions, and "server" served by `daemon`.
  void set_up() {
    greet(caller, "client");
    greet(daemon, "greeter");
    greet(other, "other");
    serve(daemon, {.name = "server"});
  }
  std::uint64_t serve(Peer peer, const NameOffer& offer) {
    auto result = registry.enter(
        {.owner = peer, .text = peer == daemon ? "greeter[4711] on alpha" : "other"}, offer, now);
    const auto& entered = std::get<Registry::Entered>(result);
    const auto number = entered.registration->number;
    core.entered(entered);
    core.tick(now);
    return number;
  }
  struct CallOptions {
    std::string object = "server";
    std::uint32_t remaining_ms = 30'000;
    std::uint16_t flags = 0;
    std::size_t payload = 3;
    std::string method = "hi";
  };
  void call(Peer from, std::uint64_t id, const CallOptions& options) {
    Frame frame = wire::build({.kind = wire::Kind::call,
                               .flags = options.flags,
                               .remaining_ms = options.remaining_ms,
                               .signature = 77,
                               .call_id = id},
                              options.object, options.method, options.payload);
    for (auto& byte : wire::payload_of(frame))
      byte = std::byte{0x5a};
    send(from, std::move(frame));
  }
  void call(Peer from, std::uint64_t id) { call(from, id, CallOptions{}); }
  void answer(Peer from, std::uint64_t slot, std::uint64_t registration, std::size_t payload = 0,
              wire::Kind kind = wire::Kind::reply) {
    send(from, wire::build({.kind = kind, .call_id = slot, .registration = registration}, {}, {},
                           payload));
  }
  void answer(Peer from, const Received& received, std::size_t payload = 0) {
    answer(from, received.id(), received.view.header.registration, payload);
  }
  void control(Peer from, wire::Kind kind, std::uint64_t id) {
    send(from, wire::build({.kind = kind, .call_id = id}, {}, {}, 0));
  }
  void pass(Duration time) {
    now += time;
    core.tick(now);
    for (const Peer peer : readers)
      answer_pings(peer);
  }
  void answer_pings(Peer peer) {
    auto& inbox = transport.inbox[peer];
    const auto pings = std::erase_if(inbox, [](const Frame& frame) {
      return std::get<wire::View>(wire::parse(frame.bytes())).header.kind == wire::Kind::ping;
    });
    pings_answered += pings;
    if (pings != 0) control(peer, wire::Kind::pong, 0);
  }

  // What peers got.
  Received take(Peer peer) {
    REQUIRE_FALSE(transport.inbox[peer].empty());
    Received received(std::move(transport.inbox[peer].front()));
    transport.inbox[peer].pop_front();
    return received;
  }
  bool silent(Peer peer) { return transport.inbox[peer].empty(); }
  const Counters& counters() const { return core.counters(); }

  Time now;
  bool takes_bundles = false;  ///< who greets
  std::set<Peer> readers;      ///< who answers pings
  std::size_t pings_answered = 0;
  std::vector<std::string> lines;
  FakeTransport transport;
  FakeObjects objects;
  Registry registry;
  Routing core;
};

}  // namespace rmi::ns
