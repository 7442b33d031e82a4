// The producing end of a stream that travels: chunks, limits, asking again, time.
#include "stream_support.hpp"

#include <catch2/catch.hpp>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>

#include <rmi/errors.hpp>

using namespace rmi;
using namespace rmi::test;
using namespace std::chrono_literals;

namespace {

Stream<int> count(int from, int to) {
  for (int i = from; i != to; ++i)
    co_yield i;
}

constexpr std::uint32_t any = 1U << 20U;

template <class T>
std::shared_ptr<detail::StreamSource<T>> source_of(Stream<T> stream, HandTime& time) {
  return stream.release_source(time, time.clock());
}

}  // namespace

TEST_CASE("chunks hold as many items and bytes as were asked for, and the last one says so") {
  HandTime time;
  const auto source = source_of(count(0, 10), time);
  auto chunk = ask(source, 0, 4, any).get();
  CHECK(chunk.items() == std::vector{0, 1, 2, 3});
  CHECK_FALSE(chunk.end());
  CHECK(ask(source, 1, any, 12).get().items() == std::vector{4, 5, 6});
  CHECK(ask(source, 2, 0, 0).get().items() == std::vector{7});  // one always fits
  chunk = ask(source, 3, any, any).get();
  CHECK(chunk.items() == std::vector{8, 9});
  CHECK(chunk.end());
  chunk = ask(source, 4, any, any).get();
  CHECK(chunk.items().empty());
  CHECK(chunk.end());
}

TEST_CASE("a stream without items is its end, and one that travelled half is the rest") {
  HandTime time;
  CHECK(ask(source_of(count(0, 0), time), 0, any, any).get().end());
  auto stream = count(0, 3);
  CHECK(stream.next() == 0);
  CHECK(ask(source_of(std::move(stream), time), 0, any, any).get().items() == std::vector{1, 2});
  CHECK_THROWS_AS(stream.release_source(time), std::logic_error);
}

TEST_CASE("a chunk is like a struct of a list and a flag on the wire") {
  const detail::Chunk<std::string> chunk({"a", "b"}, true);
  const std::vector<std::string> items{"a", "b"};
  std::vector<std::byte> bytes(encoded_size(chunk));
  std::vector<std::byte> expected(encoded_size(items, true));
  encode(bytes, chunk);
  encode(expected, items, true);
  CHECK(bytes == expected);
  auto arrived = travel(chunk);
  CHECK(arrived.end());
  CHECK(arrived.take_items() == items);
  CHECK(chunk.items() == items);
}

TEST_CASE(
    "an error of the producer answers the pull after the items before it, and all later ones") {
  HandTime time;
  const auto source = source_of(
      []() -> Stream<int> {
        co_yield 1;
        throw std::out_of_range("broken");
      }(),
      time);
  const auto chunk = ask(source, 0, any, any).get();
  CHECK(chunk.items() == std::vector{1});
  CHECK_FALSE(chunk.end());
  CHECK_THROWS_AS(ask(source, 1, any, any).get(), std::out_of_range);
  CHECK_THROWS_AS(ask(source, 1, any, any).get(), std::out_of_range);
  CHECK_THROWS_AS(ask(source, 2, any, any).get(), std::out_of_range);
}

TEST_CASE("a chunk can be asked for again until it is acknowledged") {
  HandTime time;
  const auto source = source_of(count(0, 100), time);
  for (std::uint64_t i = 0; i <= detail::max_stream_pulls; ++i)
    CHECK(ask(source, i, 2, any).get().items().front() == static_cast<int>(2 * i));
  CHECK(ask(source, 1, 5, any).get().items() == std::vector{2, 3});
  CHECK(ask(source, 1, 5, any).get().items() == std::vector{2, 3});
  CHECK_THROWS_AS(ask(source, 0, 2, any).get(), ProtocolError);
  CHECK(ask(source, detail::max_stream_pulls + 1, 1, any).get().items() == std::vector{34});
  CHECK_THROWS_AS(
      ask(source, detail::max_stream_pulls + 2 + detail::max_stream_pulls, 1, any).get(),
      ProtocolError);
}

TEST_CASE("what is kept for asking again stays within the window") {
  HandTime time;
  const auto source = source_of(count(0, 100).with_window({.items = 4}), time);
  CHECK(ask(source, 0, 50, any).get().items().size() == 4);  // more is not given at once
  CHECK(ask(source, 1, 3, any).get().items().size() == 3);
  CHECK_THROWS_AS(ask(source, 0, 50, any).get(), ProtocolError);
  CHECK(ask(source, 1, 3, any).get().items().size() == 3);
}

TEST_CASE("pulls that wait are answered in their order, whatever order they came in") {
  HandTime time;
  auto [writer, stream] = make_stream<int>();
  const auto source = source_of(std::move(stream), time);
  auto second = ask(source, 1, 2, any);
  auto first = ask(source, 0, 2, any);
  CHECK_FALSE(first.ready());
  writer.write(1);
  CHECK(first.get().items() == std::vector{1});
  CHECK_FALSE(second.ready());
  auto replaced = std::move(second);
  second = ask(source, 1, 2, any);
  CHECK_THROWS_AS(replaced.get(), Cancelled);
  writer.write(2);
  CHECK(second.get().items() == std::vector{2});
  writer.write(3);
  writer.write(4);
  writer.write(5);
  CHECK(ask(source, 2, 2, any).get().items() == std::vector{3, 4});
  writer.finish();
  const auto last = ask(source, 3, 2, any).get();
  CHECK(last.items() == std::vector{5});
}

TEST_CASE("a producer that takes its time does not hold back what is there") {
  HandTime time;
  std::latch reached(1);
  std::latch go_on(1);
  int made = 0;
  const auto source = source_of(Stream<int>::generate([&]() -> std::optional<int> {
                                  if (++made == 3) {
                                    reached.count_down();
                                    go_on.wait();
                                  }
                                  return made;
                                }),
                                time);
  auto first = source->next(0, 4, any);
  std::thread worker([&] { source->work(); });
  reached.wait();
  CHECK_FALSE(first.ready());
  auto second = ask(source, 1, 2, any);  // does not block: another thread is at work
  CHECK(time.waiting() == 1);
  time.pass(2ms);
  CHECK(first.get().items() == std::vector{1, 2});
  CHECK_FALSE(second.ready());
  go_on.count_down();
  worker.join();
  CHECK(second.get().items() == std::vector{3});
}

TEST_CASE("a slow producer is cut into chunks by time") {
  HandTime time;
  int made = 0;
  const auto source = source_of(Stream<int>::generate([&]() -> std::optional<int> {
                                  time.pass(1ms);
                                  return ++made;
                                }),
                                time);
  CHECK(ask(source, 0, 1000, any).get().items() == std::vector{1, 2});
  CHECK(ask(source, 1, 1000, any).get().items() == std::vector{3, 4});
}

TEST_CASE("closing ends the producer and the pulls that wait") {
  HandTime time;
  const auto held = std::make_shared<int>(1);
  const auto source = source_of(
      [](std::shared_ptr<int> value) -> Stream<int> {
        for (;;)
          co_yield *value;
      }(held),
      time);
  CHECK(ask(source, 0, 2, any).get().items().size() == 2);
  CHECK(held.use_count() == 2);
  source->close();
  CHECK(held.use_count() == 1);
  CHECK_THROWS_AS(ask(source, 1, 2, any).get(), Cancelled);
  auto [writer, stream] = make_stream<int>();
  const auto waiting = source_of(std::move(stream), time);
  auto pull = ask(waiting, 0, 1, any);
  waiting->close();
  CHECK_THROWS_AS(pull.get(), Cancelled);
  CHECK_FALSE(writer.write(1));
}

TEST_CASE("a producer is freed at its end, before it is closed") {
  HandTime time;
  const auto held = std::make_shared<int>(1);
  const auto source =
      source_of([](std::shared_ptr<int> value) -> Stream<int> { co_yield *value; }(held), time);
  CHECK(ask(source, 0, 2, any).get().end());
  CHECK(held.use_count() == 1);
}

TEST_CASE("a stream that lives too long ends with TimeoutError") {
  HandTime time;
  const auto source = source_of(count(0, 1000).with_lifetime(10s), time);
  CHECK(source->options().lifetime == 10s);
  CHECK(source->options().linger == 30s);
  CHECK(ask(source, 0, 1, any).get().items() == std::vector{0});
  time.pass(9999ms);
  CHECK(ask(source, 1, 1, any).get().items() == std::vector{1});
  time.pass(1ms);
  CHECK_THROWS_AS(ask(source, 2, 1, any).get(), TimeoutError);
  auto [writer, stream] = make_stream<int>();
  const auto waiting = source_of(std::move(stream).with_lifetime(1s).with_linger(2s), time);
  CHECK(waiting->options().linger == 2s);
  auto pull = ask(waiting, 0, 1, any);
  time.pass(1s);  // nobody asks again
  CHECK_THROWS_AS(pull.get(), TimeoutError);
  CHECK(writer.closed());
}
