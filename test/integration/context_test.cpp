// What a method knows of its call, what its own calls inherit, and calls that come back.
#include <catch2/catch.hpp>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"

using namespace rmi_test;
using namespace model;

namespace {

/// Calls others, and is called back by them.
struct Node {
  explicit Node(rmi::Bus* over = nullptr) : bus(over) {}
  int bounce(const std::string& other, const std::string& self, int depth);
  std::int64_t time_left() { return rmi::context().remaining().value().count(); }
  std::int64_t time_left_of(const std::string& other);
  std::string id() { return rmi::context().correlation_id(); }
  std::string id_of(const std::string& other);
  rmi::Task<std::string> later_id_of(std::string other);
  bool wait_for_stop() {
    const auto stop = rmi::context().stop_token();
    running = true;
    while (!stop.stop_requested())
      take_time(1);
    stopped = true;
    return true;
  }
  std::string note() {
    const auto context = rmi::context();
    context.annotate("answer", {std::byte{42}});
    const auto bytes = context.annotation("question");
    return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : "";
  }
  std::string who() { return rmi::context().caller().program; }
  std::uint32_t session() { return rmi::context().session(); }
  void at_end() {
    rmi::context().at_session_end([this] { ++ended; });
  }

  rmi::Bus* bus;
  std::atomic<int> entered{0};
  std::atomic<int> ended{0};
  std::atomic<bool> running{false};
  std::atomic<bool> stopped{false};
};
RMI_INTERFACE(Node, bounce, time_left, time_left_of, id, id_of, later_id_of, wait_for_stop, note,
              who, session, at_end)

int Node::bounce(const std::string& other, const std::string& self, int depth) {
  const int inside = ++entered;
  const int deeper = depth == 0 ? 0 : rmi::Proxy<Node>(*bus, other)->bounce(self, other, depth - 1);
  --entered;
  return std::max(inside, deeper);
}

std::int64_t Node::time_left_of(const std::string& other) {
  return rmi::Proxy<Node>(*bus, other)->time_left();
}

std::string Node::id_of(const std::string& other) {
  return rmi::Proxy<Node>(*bus, other)->id();
}

rmi::Task<std::string> Node::later_id_of(std::string other) {
  co_await rmi::make_ready_future();
  const std::string first = co_await rmi::Proxy<Node>(*bus, other).async()->id();
  const std::string second = co_await rmi::Proxy<Node>(*bus, other).async()->id();
  co_return first == second ? first : "lost";
}

struct Fixture {
  rmi::EmbeddedBroker broker{quiet_broker()};
  rmi::Daemon first;
  rmi::Daemon second{quiet_daemon(broker.endpoint())};
  rmi::Bus bus{quiet_bus(broker.endpoint())};
  std::shared_ptr<Node> a, b;

  explicit Fixture(rmi::Daemon::Options options = {})
      : first([&] {
          auto quiet = quiet_daemon(broker.endpoint());
          quiet.threads = options.threads;
          quiet.on_session = options.on_session;
          quiet.on_session_end = options.on_session_end;
          return quiet;
        }()),
        a(std::make_shared<Node>(&first.bus())),
        b(std::make_shared<Node>(&second.bus())) {
    first.serve("a", a);
    second.serve("b", b);
  }
  rmi::Proxy<Node> to_a{bus, "a"};
};

}  // namespace

TEST_CASE("A calls B calls A: a chain comes back into an object that waits for it") {
  Fixture f;
  CHECK(f.to_a->bounce("b", "a", 8) == 5);  // five times inside of `a` at once
  CHECK(f.to_a->bounce("a", "a", 3) == 4);  // itself
  CHECK(f.a->entered == 0);
}

TEST_CASE("chains that come back need no more threads than there are") {
  Fixture f([] {
    rmi::Daemon::Options options;
    options.threads = 1;
    return options;
  }());
  CHECK(f.to_a->bounce("b", "a", 20) == 11);
  std::vector<rmi::Future<int>> chains;
  for (int i = 0; i < 20; ++i)
    chains.push_back(f.to_a.async()->bounce("b", "a", 4));
  for (auto& chain : chains)
    CHECK(chain.get() == 3);
}

TEST_CASE("a nested call has what is left of the time of its caller") {
  Fixture f;
  const auto left = f.to_a.with_timeout(5s)->time_left_of("b");
  CHECK(left > 0);
  CHECK(left <= 5000);
  CHECK(f.to_a.with_timeout(100s)->time_left_of("b") > 5000);
}

TEST_CASE("the correlation id of a call is that of all that it leads to") {
  Fixture f;
  {
    const rmi::CorrelationScope scope("order-66");
    CHECK(f.to_a->id_of("b") == "order-66");
    CHECK(f.to_a->later_id_of("b") == "order-66");
  }
  const auto made_up = f.to_a->id_of("b");
  CHECK(made_up.size() == 16);
  CHECK(f.to_a->id_of("b") != made_up);
  CHECK_THROWS_AS(rmi::CorrelationScope(""), std::invalid_argument);
  CHECK_THROWS_AS(rmi::CorrelationScope(std::string(65, 'x')), std::invalid_argument);
  CHECK_THROWS_AS(rmi::context(), std::logic_error);
}

TEST_CASE("a method is asked to stop when its caller gives up, goes, or is out of time") {
  Fixture f;
  const int how = GENERATE(0, 1, 2);
  auto bus = std::make_unique<rmi::Bus>(quiet_bus(f.broker.endpoint()));
  auto pending =
      rmi::Proxy<Node>(*bus, "a").with_timeout(how == 2 ? 300ms : 60s).async()->wait_for_stop();
  REQUIRE(eventually([&] { return f.a->running.load(); }));
  if (how == 0) pending.cancel();
  if (how == 1) bus.reset();
  CHECK(eventually([&] { return f.a->stopped.load(); }));
}

TEST_CASE("notes travel with a call and with its answer") {
  Fixture f;
  rmi::Annotations answered;
  const std::string question = "why";
  const auto* bytes = reinterpret_cast<const std::byte*>(question.data());
  const rmi::Annotations notes{{"question", {bytes, bytes + question.size()}}};
  CHECK(f.to_a.annotated(notes, &answered)->note() == "why");
  CHECK(answered.at("answer") == std::vector<std::byte>{std::byte{42}});
  CHECK(f.to_a->note().empty());
}

TEST_CASE("a method knows who calls") {
  Fixture f;
  auto options = quiet_bus(f.broker.endpoint());
  options.program = "curious";
  rmi::Bus bus(options);
  rmi::Proxy<Node> node(bus, "a");
  CHECK(node->who() == "curious");
  CHECK(node->session() == node->session());
  CHECK(node->session() != f.to_a->session());
}

TEST_CASE("what was opened for a session is closed with it") {
  Fixture f;
  {
    rmi::Bus bus(quiet_bus(f.broker.endpoint()));
    rmi::Proxy<Node>(bus, "a")->at_end();
    CHECK(f.a->ended == 0);
  }
  CHECK(eventually([&] { return f.a->ended == 1; }));
}

TEST_CASE("a hook sees what a session says of itself, and lets it in or not") {
  std::atomic<int> asked{0};
  std::atomic<int> ended{0};
  rmi::Daemon::Options options;
  options.on_session = [&](const rmi::SessionInfo& info, const rmi::Annotations& data) {
    ++asked;
    if (!data.contains("password")) throw std::runtime_error("no password, " + info.program);
    return rmi::Annotations{{"motto", {std::byte{7}}}};
  };
  options.on_session_end = [&](std::uint32_t) { ++ended; };
  Fixture f(options);
  CHECK_THROWS_AS(f.to_a->id(), rmi::AccessDenied);
  {
    auto known = quiet_bus(f.broker.endpoint());
    known.session_data = {{"password", {std::byte{1}}}};
    rmi::Bus bus(known);
    rmi::Annotations answered;
    rmi::Proxy<Node>(bus, "a").annotated({}, &answered)->id();
    CHECK(answered.contains("motto"));
    rmi::Proxy<Node>(bus, "a")->id();
    CHECK(asked == 2);
  }
  CHECK(eventually([&] { return ended == 1; }));
}
