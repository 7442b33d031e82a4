// Each exception that leaves code of the user is one line at the daemon: who, what, and why.
#include <catch2/catch.hpp>

#include <rmi/batch.hpp>
#include <rmi/context.hpp>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"

using namespace rmi_test;
using namespace model;
using Catch::Matchers::Contains;

namespace {

struct Line {
  rmi::LogLevel level{};
  std::string event;
  std::string text;
  std::string correlation;
};

/// A daemon, and what it logs.
struct Fixture {
  explicit Fixture(rmi::Daemon::Options options = {}) {
    options.broker = broker.endpoint();
    options.log = [this](const rmi::LogLine& line) {
      const std::lock_guard lock(mutex);
      lines.push_back({line.level, std::string(line.event), std::string(line.text),
                       std::string(line.correlation)});
    };
    daemon = std::make_unique<rmi::Daemon>(options);
    daemon->serve("counter", std::make_shared<Counter>());
    daemon->serve("slow", std::make_shared<Slow>());
    daemon->serve("feed", std::make_shared<Feed>());
  }

  std::vector<Line> all(const std::string& event) {
    const std::lock_guard lock(mutex);
    std::vector<Line> found;
    // Who throws because it was told to stop may say so, for debugging.
    for (const auto& line : lines)
      if (line.event == event && line.level > rmi::LogLevel::debug) found.push_back(line);
    return found;
  }
  /// The only line of that event.
  Line only(const std::string& event) {
    REQUIRE(eventually([&] { return !all(event).empty(); }));
    const auto found = all(event);
    for (const auto& line : found)
      UNSCOPED_INFO(line.text);
    REQUIRE(found.size() == 1);
    return found.front();
  }

  std::mutex mutex;
  std::vector<Line> lines;
  rmi::EmbeddedBroker broker{quiet_broker()};
  std::unique_ptr<rmi::Daemon> daemon;
  rmi::Bus bus{quiet_bus(broker.endpoint())};
};

}  // namespace

TEST_CASE("what a method throws is one line, with its caller and its correlation id") {
  Fixture f;
  const rmi::CorrelationScope id("night-run");
  CHECK_THROWS_AS(rmi::Proxy<Counter>(f.bus, "counter")->fail("no\nluck"), std::domain_error);
  const Line line = f.only("method-threw");
  CHECK(line.level == rmi::LogLevel::warning);
  CHECK_THAT(line.text,
             Contains("counter.fail threw std::domain_error: no\nluck; called by session"));
  CHECK(line.correlation == "night-run");
}

TEST_CASE("what a oneway throws is one line too, and says that nobody waited") {
  Fixture f;
  const rmi::Proxy<Counter> counter(f.bus, "counter");
  counter->post(13);
  CHECK(counter->add(0) == 13);
  const Line line = f.only("method-threw");
  CHECK(line.level == rmi::LogLevel::warning);
  CHECK_THAT(line.text, Contains("counter.post threw std::runtime_error: unlucky"));
  CHECK_THAT(line.text, Contains(", oneway"));
  CHECK(f.all("oneway-failed").empty());
  CHECK(f.daemon->oneway_errors() == 1);
}

TEST_CASE("the call of a batch that throws is the one that is named") {
  Fixture f;
  rmi::Batch<Counter> batch(rmi::Proxy<Counter>(f.bus, "counter"));
  auto one = batch->add(1);
  auto bad = batch->fail("here");
  batch.run();
  CHECK_THROWS_AS(bad.get(), std::domain_error);
  CHECK_THAT(f.only("method-threw").text, Contains("counter.fail threw std::domain_error: here"));
}

TEST_CASE("a task that throws is logged when it does") {
  Fixture f;
  const rmi::CorrelationScope id("task-run");
  CHECK_THROWS_AS(rmi::Proxy<Slow>(f.bus, "slow")->failing(), std::out_of_range);
  const Line line = f.only("method-threw");
  CHECK_THAT(line.text, Contains("slow.failing threw std::out_of_range: in a task; called by"));
  CHECK(line.correlation == "task-run");
}

TEST_CASE("a stream whose producer throws is one line; one that is left early is none") {
  Fixture f;
  const rmi::Proxy<Feed> feed(f.bus, "feed");
  for (const int n : feed->count(0, 1'000'000))
    if (n == 5) break;
  auto stream = feed->broken(1);
  CHECK(stream.next() == 0);
  CHECK_THROWS_AS(stream.next(), std::domain_error);
  const Line line = f.only("method-threw");
  CHECK_THAT(line.text, Contains("threw std::domain_error: the feed broke; called by session"));
  INFO(line.text);
  CHECK(line.text.starts_with("stream"));
}

TEST_CASE("what hooks of sessions throw is logged, whatever it is, and ends no thread") {
  rmi::Daemon::Options options;
  options.on_session = [&](const rmi::SessionInfo&, const rmi::Annotations& data) {
    if (data.empty()) throw std::runtime_error("");
    if (data.contains("odd")) throw 13;
    return rmi::Annotations();
  };
  options.on_session_end = [](std::uint32_t) { throw std::logic_error("the end"); };
  Fixture f(options);
  CHECK_THROWS_AS(rmi::Proxy<Counter>(f.bus, "counter")->add(1), rmi::AccessDenied);
  const Line refused = f.only("session-refused");
  CHECK(refused.level == rmi::LogLevel::warning);
  CHECK_THAT(refused.text, Contains("is not let in: on_session threw std::runtime_error: "));
  CHECK_THAT(refused.text, Contains(" on "));  // who: the label of the session
  const auto with = [&](const std::string& key) {
    auto bus = quiet_bus(f.broker.endpoint());
    bus.session_data = {{key, {std::byte{1}}}};
    return bus;
  };
  {
    rmi::Bus odd(with("odd"));
    CHECK_THROWS_AS(rmi::Proxy<Counter>(odd, "counter")->add(1), rmi::AccessDenied);
    CHECK(f.all("session-refused").size() == 2);
    rmi::Bus good(with("password"));
    CHECK(rmi::Proxy<Counter>(good, "counter")->add(1) == 1);
  }
  const Line ended = f.only("session-end-threw");
  CHECK(ended.level == rmi::LogLevel::error);
  CHECK_THAT(ended.text, Contains("threw std::logic_error: the end"));
  rmi::Bus again(with("password"));
  CHECK(rmi::Proxy<Counter>(again, "counter")->add(1) == 2);
}
