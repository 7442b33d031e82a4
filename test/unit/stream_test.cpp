// Streams in one process: how they are made, read, ended and closed.
#include <rmi/stream.hpp>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <rmi/task.hpp>

using namespace rmi;

namespace {

Stream<int> count(int from, int to) {
  for (int i = from; i != to; ++i)
    co_yield i;
}

Stream<std::string> failing(std::shared_ptr<int> held) {
  co_yield "first " + std::to_string(*held);
  throw std::out_of_range("second");
}

template <class T>
std::vector<T> read_all(Stream<T> stream) {
  std::vector<T> items;
  for (T& item : stream)
    items.push_back(std::move(item));
  return items;
}

Task<int> sum(Stream<int> stream) {
  int total = 0;
  while (const auto item = co_await stream.async_next())
    total += *item;
  co_return total;
}

}  // namespace

TEST_CASE("a stream is made of a vector, a callback or a coroutine") {
  CHECK(read_all(Stream<int>::of({1, 2, 3})) == std::vector{1, 2, 3});
  CHECK(read_all(Stream<int>::of({})).empty());
  int left = 3;
  const auto countdown = [&]() -> std::optional<int> {
    if (left == 0) return std::nullopt;
    return left--;
  };
  CHECK(read_all(Stream<int>::generate(countdown)) == std::vector{3, 2, 1});
  CHECK(read_all(count(5, 8)) == std::vector{5, 6, 7});
}

TEST_CASE("items are produced as they are read, and the end stays the end") {
  int made = 0;
  auto stream = Stream<int>::generate(
      [&]() -> std::optional<int> { return ++made < 3 ? std::optional(made) : std::nullopt; });
  CHECK(made == 0);
  CHECK(stream.next() == 1);
  CHECK(made == 1);
  CHECK(stream.next() == 2);
  CHECK_FALSE(stream.next());
  CHECK_FALSE(stream.next());
  CHECK(made == 3);  // the callback is not asked again
}

TEST_CASE("items that can only be moved are fine") {
  const auto make = []() -> Stream<std::unique_ptr<int>> {
    co_yield std::make_unique<int>(4);
    co_yield nullptr;
  };
  auto stream = make();
  CHECK(**stream.next() == 4);
  CHECK(*stream.next() == nullptr);
  CHECK_FALSE(stream.next());
}

TEST_CASE("an exception of the producer comes after the items before it, once") {
  auto stream = failing(std::make_shared<int>(1));
  CHECK(stream.next() == "first 1");
  CHECK_THROWS_AS(stream.next(), std::out_of_range);
  CHECK_FALSE(stream.next());
  int calls = 0;
  auto callback = Stream<int>::generate([&]() -> std::optional<int> {
    ++calls;
    throw std::runtime_error("broken");
  });
  CHECK_THROWS_WITH(callback.next(), "broken");
  CHECK_FALSE(callback.next());
  CHECK(calls == 1);
}

TEST_CASE("closing a stream destroys the coroutine and what it holds") {
  const auto held = std::make_shared<int>(1);
  auto stream = failing(held);
  CHECK(held.use_count() == 2);
  CHECK(stream.next());
  stream.close();
  CHECK(held.use_count() == 1);
  CHECK_FALSE(stream.valid());
  CHECK_FALSE(stream.next());
  CHECK_FALSE(stream.async_next().get());
  {
    const auto unread = failing(held);
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
  for (const std::string& item : failing(held)) {
    CHECK(item == "first 1");
    break;
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("a stream can be read by a task") {
  CHECK(sum(count(0, 10)).start().get() == 45);
  auto [writer, stream] = make_stream<int>();
  auto total = sum(std::move(stream)).start();
  writer.write(1);
  writer.write(2);
  CHECK_FALSE(total.ready());
  writer.finish();
  CHECK(total.get() == 3);
}

TEST_CASE("a writer fills a stream up to its window") {
  auto [writer, stream] = make_stream<std::string>({.items = 2});
  CHECK(writer.write("a"));
  CHECK(writer.try_write("b"));
  std::string item = "c";
  CHECK_FALSE(writer.try_write(std::move(item)));
  CHECK(item == "c");
  CHECK_FALSE(writer.closed());
  CHECK(stream.next() == "a");
  CHECK(writer.try_write(std::move(item)));
  writer.finish();
  CHECK(writer.closed());
  CHECK_FALSE(writer.write("d"));
  CHECK(read_all(std::move(stream)) == std::vector<std::string>{"b", "c"});
  auto [narrow, bytes] = make_stream<std::string>({.bytes = 20});
  CHECK(narrow.try_write(std::string(100, 'x')));  // one always fits
  CHECK_FALSE(narrow.try_write("y"));
}

TEST_CASE("a writer that fails, or goes away, is seen by the reader") {
  auto [writer, stream] = make_stream<int>();
  writer.write(1);
  writer.fail(std::make_exception_ptr(std::runtime_error("disk full")));
  CHECK(stream.next() == 1);
  CHECK_THROWS_WITH(stream.next(), "disk full");
  CHECK_FALSE(stream.next());
  auto [gone, cut_off] = make_stream<int>();
  gone.write(1);
  gone = StreamWriter<int>();
  CHECK(cut_off.next() == 1);
  CHECK_THROWS_AS(cut_off.next(), BrokenPromise);
  CHECK_FALSE(gone.write(2));
}

TEST_CASE("a writer learns that its reader is gone") {
  auto [writer, stream] = make_stream<int>({.items = 1});
  CHECK(writer.write(1));
  std::atomic<bool> written{true};
  std::thread blocked([&written, &to = writer] { written = to.write(2); });
  stream.close();
  blocked.join();
  CHECK_FALSE(written);
  CHECK(writer.closed());
}

TEST_CASE("several reads may wait, and are served in order") {
  auto [writer, stream] = make_stream<int>();
  auto first = stream.async_next();
  auto second = stream.async_next();
  auto third = stream.async_next();
  auto fourth = stream.async_next();
  second.cancel();
  writer.write(1);
  writer.write(2);
  CHECK(first.get() == 1);
  CHECK_THROWS_AS(second.get(), Cancelled);
  CHECK(third.get() == 2);  // no item is lost with a cancelled read
  CHECK_FALSE(fourth.ready());
  stream.close();
  CHECK_FALSE(fourth.get());
}

TEST_CASE("many threads write, one reads, and nothing is lost") {
  auto made = make_stream<int>({.items = 8});
  StreamWriter<int>& writer = made.first;
  constexpr int each = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 1; i <= each; ++i)
        writer.write(i);
    });
  std::thread finisher([&] {
    for (auto& thread : threads)
      thread.join();
    writer.finish();
  });
  const auto items = read_all(std::move(made.second));
  finisher.join();
  CHECK(items.size() == 4 * each);
  CHECK(std::accumulate(items.begin(), items.end(), 0) == 4 * each * (each + 1) / 2);
}
