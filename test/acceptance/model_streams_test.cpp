// Streams: to the end, ended early, broken, bounded, both ways.
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

namespace {

bool all_closed(Stage& stage) {
  return eventually([&] { return stage.count("feed.made") == stage.count("feed.gone"); });
}

}  // namespace

TEST_CASE("A103 a stream is read to its end with a plain for, and stays at its end", "[stream]") {
  Stage stage(each_way());
  const auto feed = stage.proxy<Feed>("feed");
  std::vector<int> read;
  auto stream = feed->count(0, 20'000);
  for (const int number : stream)
    read.push_back(number);
  std::vector<int> expected(20'000);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK((read == expected));
  CHECK_FALSE(stream.next());
  CHECK_FALSE(stream.next());
  CHECK(all_closed(stage));
  CHECK(stage.count("feed.items") == 20'000);
}

TEST_CASE("A104 an empty stream, one of a list, and none at all", "[stream]") {
  Stage stage(each_way());
  const auto feed = stage.proxy<Feed>("feed");
  CHECK_FALSE(feed->count(0, 0).next());
  auto listed = feed->listed({3, 1, 2});
  CHECK(listed.next() == 3);
  CHECK(listed.next() == 1);
  CHECK(listed.next() == 2);
  CHECK_FALSE(listed.next());
  CHECK_FALSE(feed->nobody().next());
}

TEST_CASE("A105 leaving a stream early, or closing it, ends its producer", "[stream]") {
  Stage stage(each_way());
  const auto feed = stage.proxy<Feed>("feed");
  for (const int number : feed->count(0, 1'000'000'000))
    if (number == 5) break;
  CHECK(all_closed(stage));
  auto stream = feed->count(0, 1'000'000'000);
  CHECK(stream.next() == 0);
  stream.close();
  CHECK_FALSE(stream.valid());
  CHECK_FALSE(stream.next());
  CHECK(all_closed(stage));
  CHECK(stage.count("feed.made") == 2);
}

TEST_CASE("A106 a stream that is never read is closed with its value", "[stream]") {
  Stage stage(each_way());
  { const auto stream = stage.proxy<Feed>("feed")->count(0, 1'000'000'000); }
  CHECK(stage.count("feed.made") == 1);
  CHECK(all_closed(stage));
}

TEST_CASE("A107 a proxy may go before the stream that it gave", "[stream]") {
  Stage stage(each_way());
  auto stream = rmi::Proxy<Feed>(stage.bus, "feed")->count(0, 3);
  CHECK(stream.next() == 0);
  CHECK(stream.next() == 1);
  CHECK(stream.next() == 2);
  CHECK_FALSE(stream.next());
}

TEST_CASE("A108 an error in the middle comes after the items before it", "[stream]") {
  Stage stage(each_way());
  auto stream = stage.proxy<Feed>("feed")->broken(3);
  for (int i = 0; i < 3; ++i)
    CHECK(stream.next() == i);
  CHECK(caught<std::domain_error>([&] { stream.next(); }) == "the feed broke");
  CHECK_FALSE(stream.next());
  CHECK(all_closed(stage));
}

TEST_CASE("A109 a slow reader stops the producer: memory stays bounded", "[stream]") {
  Stage stage(each_transport());
  auto stream = stage.proxy<Feed>("feed")->count(0, 10'000'000).with_window({.items = 100});
  CHECK(stream.next() == 0);
  // What is on its way or kept for asking again is a few windows; the rest is not made yet.
  std::int64_t made = -1;
  int same = 0;  // looks in a row, of which each is a call of the service
  CHECK(eventually([&] {
    const auto now = stage.count("feed.items");
    same = std::exchange(made, now) == now ? same + 1 : 0;
    return same == 100;
  }));
  CHECK(made <= 5000);
  for (int i = 1; i <= 1000; ++i)
    REQUIRE(stream.next() == i);
  CHECK(eventually([&] { return stage.count("feed.items") > 1000; }));
  CHECK(stage.count("feed.items") <= 6000);
}

TEST_CASE("A110 large items are bounded by their bytes", "[stream]") {
  Stage stage(each_transport());
  constexpr std::uint64_t megabyte = 1'000'000;
  auto stream = stage.proxy<Feed>("feed")->heavy(megabyte);
  for (int i = 0; i < 20; ++i)
    REQUIRE(stream.next()->size() == megabyte);
  CHECK(stage.count("feed.items") <= 20 + 10);
}

TEST_CASE("A111 a stream ends with TimeoutError when its lifetime is over", "[stream]") {
  Stage stage(each_way());
  auto stream = stage.proxy<Feed>("feed")->endless_for(300);
  const auto text = caught([&] {
    while (stream.next()) {
    }
  });
  CHECK(has(text, "300"));
  CHECK_FALSE(stream.next());
  CHECK(all_closed(stage));
}

TEST_CASE("A112 a stream lingers for a reader that lost its connection, not for one that said bye",
          "[stream]") {
  Stage stage(each_transport());
  constexpr int hour = 3'600'000;
  const auto killed = [&](int linger) {
    ServiceProcess guest(stage.endpoint(), {"--guest", std::to_string(linger)});
    guest.process().kill();
  };
  killed(hour);
  REQUIRE(eventually([&] { return stage.count("instance.gone") == 1; }));
  CHECK(stage.count("feed.made") == 1);
  CHECK(stage.count("feed.gone") == 0);
  rmi::Stream<int> stream;  // held to the end
  {
    rmi::Bus guest(stage.another_bus());
    stream = rmi::Proxy<Feed>(guest, "feed")->lingering(hour);
    CHECK(stream.next() == 0);
    CHECK(stage.count("feed.gone") == 0);
  }
  CHECK(eventually([&] { return stage.count("feed.gone") == 1; }));
  killed(100);
  CHECK(eventually([&] { return stage.count("feed.gone") == 2; }));
  CHECK(stage.count("feed.made") == 3);
}

TEST_CASE("A113 a stream ends with the session of its reader", "[stream]") {
  Stage stage(each_transport());
  ServiceProcess guest(stage.endpoint(), {"--guest", "0"});
  CHECK(stage.count("feed.made") == 1);
  CHECK(stage.count("feed.gone") == 0);
  guest.process().kill();
  CHECK(all_closed(stage));
}

TEST_CASE("A114 a stream ends with an error when its service dies", "[stream]") {
  Stage stage(each_transport());
  auto stream = stage.proxy<Feed>("feed")->count(0, 1'000'000'000);
  CHECK(stream.next() == 0);
  stage.service->process().kill();
  const auto text = caught<rmi::Error>([&] {
    while (stream.next()) {
    }
  });
  CHECK_FALSE(has(text, "(nothing)"));
  CHECK_FALSE(stream.next());
}

TEST_CASE("A115 a caller passes a stream, which the method reads while it is written", "[stream]") {
  Stage stage(each_way());
  const auto feed = stage.proxy<Feed>("feed");
  CHECK(feed->add(rmi::Stream<int>::of({1, 2, 3})) == 6);
  auto [writer, stream] = rmi::make_stream<int>();
  auto sum = feed.async()->add(std::move(stream));
  int written = 0;
  for (int i = 0; i < 20'000; ++i)
    if (writer.write(1)) ++written;
  CHECK(written == 20'000);
  writer.finish();
  CHECK(sum.get() == 20'000);
}

TEST_CASE("A116 a writer is told when the reader does not want more", "[stream]") {
  Stage stage(each_way());
  auto [writer, stream] = rmi::make_stream<int>({.items = 10});
  auto first = stage.proxy<Feed>("feed").async()->first_of(std::move(stream), 3);
  int written = 0;
  while (writer.write(++written)) {
  }
  CHECK(writer.closed());
  CHECK(first.get() == std::vector<int>{1, 2, 3});
}

TEST_CASE("A117 an error of the caller's stream arrives at the method, and comes back",
          "[stream]") {
  Stage stage(each_way());
  auto [writer, stream] = rmi::make_stream<int>();
  auto sum = stage.proxy<Feed>("feed").async()->add(std::move(stream));
  writer.write(1);
  writer.fail(std::make_exception_ptr(std::out_of_range("the source is dry")));
  CHECK(caught<std::out_of_range>([&] { sum.get(); }) == "the source is dry");
}

TEST_CASE("A118 a stream goes to the service and comes back changed, item by item", "[stream]") {
  Stage stage(each_way());
  auto [writer, stream] = rmi::make_stream<int>();
  auto doubled = stage.proxy<Feed>("feed")->doubled(std::move(stream));
  REQUIRE(writer.write(1));
  CHECK(doubled.next() == 2);
  REQUIRE(writer.write(21));
  CHECK(doubled.next() == 42);
  writer.finish();
  CHECK_FALSE(doubled.next());
}

TEST_CASE("A119 two readers each get the whole of their own stream", "[stream]") {
  Stage stage(each_way());
  const auto feed = stage.proxy<Feed>("feed");
  auto first = feed->count(0, 5000);
  auto second = feed->count(5000, 10'000);
  int wrong = 0;
  for (int i = 0; i < 5000; ++i) {
    if (first.next() != i) ++wrong;
    if (second.next() != 5000 + i) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK_FALSE(first.next());
  CHECK_FALSE(second.next());
}

TEST_CASE("A120 a stream is read without waiting", "[stream]") {
  Stage stage(each_way());
  auto stream = stage.proxy<Feed>("feed")->count(7, 9);
  auto a = stream.async_next();
  auto b = stream.async_next();
  auto c = stream.async_next();
  CHECK(a.get() == 7);
  CHECK(b.get() == 8);
  CHECK(c.get() == std::nullopt);
}
