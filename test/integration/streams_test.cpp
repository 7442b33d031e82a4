// Streams over the bus, both ways: order, errors, early ends, bounded memory.
#include <catch2/catch.hpp>
#include <numeric>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"

using namespace rmi_test;
using namespace model;

namespace {

struct Fixture {
  TempFolder folder;
  rmi::EmbeddedBroker broker;
  rmi::Daemon daemon;
  rmi::Bus bus;

  explicit Fixture(const std::string& transport = "tcp")
      : broker(quiet_broker(transport == "tcp" ? "tcp://127.0.0.1:*"
                                               : "ipc://" + folder.file("broker"))),
        daemon(quiet_daemon(broker.endpoint())),
        bus(quiet_bus(broker.endpoint())) {
    daemon.serve("feed", std::make_shared<Feed>(), {.concurrent = true});
  }
  rmi::Proxy<Feed> feed{bus, "feed"};
};

void refuses(const rmi::Proxy<Feed>& feed, const std::string& why) {
  try {
    static_cast<void>(feed->count(0, 1));
    FAIL("not refused");
  } catch (const rmi::Overloaded& error) {
    CHECK(error.outcome() == rmi::Outcome::executed);
    CHECK_THAT(error.what(), Catch::Matchers::Contains("ran, but its result is not sent") &&
                                 Catch::Matchers::Contains(why));
  }
}

bool gives(const rmi::Proxy<Feed>& feed) {
  try {
    static_cast<void>(feed->count(0, 1));
    return true;
  } catch (const rmi::Overloaded&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a stream is read with a plain for, to its end, in order") {
  Fixture f(GENERATE("tcp", "ipc"));
  std::vector<int> read;
  for (const int n : f.feed->count(0, 10000))
    read.push_back(n);
  std::vector<int> expected(10000);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(read == expected);
  auto empty = f.feed->count(0, 0);
  CHECK_FALSE(empty.next());
  CHECK_FALSE(empty.next());  // and stays at its end
  CHECK(eventually([] { return Feed::open == 0; }));
}

TEST_CASE("an error of the producer comes after the items before it") {
  Fixture f(GENERATE("tcp", "ipc"));
  auto stream = f.feed->broken(3);
  CHECK(stream.next() == 0);
  CHECK(stream.next() == 1);
  CHECK(stream.next() == 2);
  CHECK_THROWS_AS(stream.next(), std::domain_error);
  CHECK_FALSE(stream.next());
}

TEST_CASE("items are not held back by a producer that waits after them") {
  Fixture f;
  Feed::released = false;
  auto stream = f.feed->burst();
  CHECK(stream.next() == "now");
  CHECK(stream.next() == "and now");
  Feed::released = true;
  CHECK(stream.next() == "later");
  CHECK_FALSE(stream.next());
}

TEST_CASE("leaving a stream early ends its producer") {
  Fixture f(GENERATE("tcp", "ipc"));
  for (const int n : f.feed->count(0, 1000000000))
    if (n == 5) break;
  CHECK(eventually([] { return Feed::open == 0; }));
}

TEST_CASE("a stream ends with the session of its reader") {
  Fixture f;
  {
    rmi::Bus bus(quiet_bus(f.broker.endpoint()));
    auto stream = rmi::Proxy<Feed>(bus, "feed")->fleeting();
    CHECK(stream.next() == 0);
    CHECK(Feed::open == 1);
    static auto* const kept = new std::vector<rmi::Stream<int>>;  // never closed
    kept->push_back(std::move(stream));
  }
  CHECK(eventually([] { return Feed::open == 0; }));
}

TEST_CASE("a stream that nobody writes to ends with its reader all the same") {
  Fixture f;
  {
    auto stream = f.feed->silent();
    auto never = stream.async_next();
    CHECK_FALSE(f.feed->deserted());
  }
  CHECK(eventually([&] { return f.feed->deserted(); }));
  {
    rmi::Bus bus(quiet_bus(f.broker.endpoint()));
    auto stream = rmi::Proxy<Feed>(bus, "feed")->silent();
    auto never = stream.async_next();
    CHECK_FALSE(f.feed->deserted());
    static auto* const kept = new std::vector<rmi::Stream<int>>;  // never closed
    kept->push_back(std::move(stream));
  }
  CHECK(eventually([&] { return f.feed->deserted(); }));
}

TEST_CASE("a stream ends when its lifetime is over") {
  Fixture f;
  auto stream = f.feed->brief();
  CHECK_THROWS_AS(
      [&] {
        while (stream.next()) {
        }
      }(),
      rmi::RemoteError);
  CHECK(eventually([] { return Feed::open == 0; }));
}

TEST_CASE("a reader that stops reading stops the producer, within the window") {
  Fixture f;
  std::atomic<int> made{0};
  auto numbers = rmi::Stream<int>::generate([&]() -> std::optional<int> { return ++made; });
  auto [writer, stream] = rmi::make_stream<int>();
  writer.finish();
  auto reading = f.feed->count(0, 1000000);
  CHECK(reading.next() == 0);
  auto sum = f.feed.async()->add(std::move(stream));
  CHECK(sum.get() == 0);
}

TEST_CASE("a caller passes a stream, which the method reads while it is produced") {
  Fixture f(GENERATE("tcp", "ipc"));
  CHECK(f.feed->add(rmi::Stream<int>::of({1, 2, 3})) == 6);
  auto [writer, stream] = rmi::make_stream<int>();
  auto sum = f.feed.async()->add(std::move(stream));
  for (int i = 0; i < 5000; ++i)
    REQUIRE(writer.write(1));
  writer.finish();
  CHECK(sum.get() == 5000);
}

TEST_CASE("a stream is read without waiting") {
  Fixture f;
  auto stream = f.feed->count(7, 9);
  CHECK(stream.async_next().get() == 7);
  CHECK(stream.async_next().get() == 8);
  CHECK(stream.async_next().get() == std::nullopt);
}

TEST_CASE("a session that has more streams than it may is refused, until it gives one up") {
  Fixture f;
  auto options = quiet_daemon(f.broker.endpoint());
  options.max_references_per_session = 2;
  rmi::Daemon daemon(options);
  daemon.serve("small", std::make_shared<Feed>(), {.concurrent = true});
  const rmi::Proxy<Feed> feed(f.bus, "small");
  const auto one = feed->count(0, 1'000'000'000);
  {
    const auto two = feed->count(0, 1'000'000'000);
    refuses(feed, "the limit max_references_per_session is 2");
  }
  CHECK(eventually([&] { return gives(feed); }));
}

TEST_CASE("a principal that has more streams than it may in all sessions is refused") {
  const std::string way = GENERATE("tcp", "ipc");
  Fixture f(way);
  auto options = quiet_daemon(f.broker.endpoint());
  options.max_references_per_principal = 2;
  rmi::Daemon daemon(options);
  daemon.serve("small", std::make_shared<Feed>(), {.concurrent = true});
  const rmi::Proxy<Feed> feed(f.bus, "small");
  rmi::Bus other_bus(quiet_bus(f.broker.endpoint()));
  const rmi::Proxy<Feed> other(other_bus, "small");
  // Whose session that is comes a moment after the first stream of it was given.
  const auto one = feed->count(0, 1'000'000'000);
  {
    const auto two = other->count(0, 1'000'000'000);
    CHECK(eventually([&] { return !gives(feed); }));
    refuses(feed, "the limit max_references_per_principal is 2");
    refuses(other, "the limit max_references_per_principal is 2");
  }
  CHECK(eventually([&] { return gives(feed); }));
}
