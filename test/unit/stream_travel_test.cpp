// Both ends of a stream that travels: order, flow control, errors and ends, over several threads.
#include "stream_support.hpp"

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <rmi/errors.hpp>
#include <rmi/task.hpp>

using namespace rmi;
using namespace rmi::test;

namespace {

Stream<int> count(int from, int to) {
  for (int i = from; i != to; ++i)
    co_yield i;
}

/// Runs pulls on threads of its own, so that they come and are answered in any order.
class Workers {
 public:
  explicit Workers(int count) {
    for (int i = 0; i < count; ++i)
      threads_.emplace_back([this] { run(); });
  }
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_)
      thread.join();
  }
  void post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

template <class T>
class FarPull final : public detail::StreamPull<T> {
 public:
  FarPull(std::shared_ptr<detail::StreamPull<T>> near, Workers& workers)
      : near_(std::move(near)), workers_(workers) {}

  Future<detail::Chunk<T>> pull(std::uint64_t sequence, std::uint32_t max_items,
                                std::uint32_t max_bytes) override {
    const auto promise = std::make_shared<Promise<detail::Chunk<T>>>();
    workers_.post([=, near = near_] {
      (void)near->pull(sequence, max_items, max_bytes)
          .then([promise](detail::Chunk<T> chunk) { promise->set_value(std::move(chunk)); })
          .on_error([promise](std::exception_ptr error) { promise->set_exception(error); });
    });
    return promise->get_future();
  }
  void close() noexcept override {
    workers_.post([near = near_] { near->close(); });
  }

 private:
  std::shared_ptr<detail::StreamPull<T>> near_;
  Workers& workers_;
};

template <class T>
std::shared_ptr<NearPull<T>> near(Stream<T> stream, HandTime& time) {
  return std::make_shared<NearPull<T>>(stream.release_source(time, time.clock()));
}

Task<long> sum(Stream<int> stream) {
  long total = 0;
  while (const auto item = co_await stream.async_next())
    total += *item;
  co_return total;
}

}  // namespace

TEST_CASE("a stream that travelled is read like one that did not") {
  HandTime time;
  const auto pull = near(count(0, 5000), time);
  auto stream = Stream<int>::from(pull, {.items = 100});
  CHECK(pull->pulls() == 0);  // nothing runs before somebody reads
  int expected = 0;
  for (const int item : stream)
    REQUIRE(item == expected++);
  CHECK(expected == 5000);
  CHECK(pull->closed() == 1);
  CHECK_FALSE(stream.next());
  stream.close();
  CHECK(pull->closed() == 1);
}

TEST_CASE("a reader that stops reading is not run ahead of by more than the window") {
  HandTime time;
  int made = 0;
  const auto pull =
      near(Stream<int>::generate([&]() -> std::optional<int> { return ++made; }), time);
  auto stream = Stream<int>::from(pull, {.items = 40, .pulls = 4});
  CHECK(stream.next() == 1);
  CHECK(made == 40);
  CHECK(pull->pulls() == 4);
  for (int i = 2; i <= 9; ++i)
    CHECK(stream.next() == i);
  CHECK(made == 40);
  CHECK(stream.next() == 10);  // one chunk is read: room for another
  CHECK(made == 50);
}

TEST_CASE("the window of bytes is kept too") {
  HandTime time;
  int made = 0;
  const auto pull = near(Stream<std::string>::generate([&]() -> std::optional<std::string> {
                           ++made;
                           return std::string(92, 'x');  // 100 bytes each
                         }),
                         time);
  auto stream = Stream<std::string>::from(pull, {.bytes = 2000, .pulls = 2});
  CHECK(stream.next()->size() == 92);
  CHECK(made == 20);
}

TEST_CASE("errors travel and come after the items before them") {
  HandTime time;
  auto stream = Stream<int>::from(near(
      []() -> Stream<int> {
        co_yield 1;
        throw std::out_of_range("broken");
      }(),
      time));
  CHECK(stream.next() == 1);
  CHECK_THROWS_AS(stream.next(), std::out_of_range);
  CHECK_FALSE(stream.next());
}

TEST_CASE("closing the reader closes the source and ends reads that wait") {
  HandTime time;
  auto [writer, written] = make_stream<int>();
  const auto pull = near(std::move(written), time);
  auto stream = Stream<int>::from(pull);
  auto waiting = stream.async_next();
  writer.write(1);
  CHECK(waiting.get() == 1);
  waiting = stream.async_next();
  stream.close();
  CHECK_FALSE(waiting.get());
  CHECK(pull->closed() == 1);
  CHECK(writer.closed());
  { const auto unread = Stream<int>::from(near(count(0, 5), time)); }
}

TEST_CASE("a stream can be passed on to the next process") {
  HandTime time;
  auto [writer, written] = make_stream<int>();
  auto middle = Stream<int>::from(near(std::move(written), time));
  auto stream = Stream<int>::from(near(std::move(middle), time));
  auto total = sum(std::move(stream)).start();
  for (int i = 1; i <= 100; ++i)
    REQUIRE(writer.write(i));
  CHECK_FALSE(total.ready());
  writer.finish();
  CHECK(total.get() == 5050);
}

TEST_CASE("items arrive in order when pulls are answered by several threads") {
  constexpr int items = 20'000;
  HandTime time;
  Workers workers(3);
  auto stream = Stream<int>::from(
      std::make_shared<FarPull<int>>(near(count(0, items), time), workers), {.items = 256});
  int expected = 0;
  for (const int item : stream)
    REQUIRE(item == expected++);
  CHECK(expected == items);
}

TEST_CASE("a writer, a source and a reader on different threads lose nothing") {
  constexpr int items = 20'000;
  HandTime time;
  Workers workers(2);
  auto made = make_stream<int>({.items = 64});
  std::thread producer([&] {
    for (int i = 0; i < items; ++i)
      made.first.write(i);
    made.first.finish();
  });
  auto stream = Stream<int>::from(
      std::make_shared<FarPull<int>>(near(std::move(made.second), time), workers), {.items = 64});
  int expected = 0;
  for (const int item : stream)
    REQUIRE(item == expected++);
  CHECK(expected == items);
  producer.join();
}

TEST_CASE("a reader may go at any time") {
  HandTime time;
  Workers workers(2);
  for (int round = 0; round < 200; ++round) {
    auto made = make_stream<int>({.items = 4});
    std::thread producer([&] {
      for (int i = 0; made.first.write(i); ++i) {
      }
    });
    auto stream = Stream<int>::from(
        std::make_shared<FarPull<int>>(near(std::move(made.second), time), workers));
    for (int i = 0; i < round % 7; ++i)
      REQUIRE(stream.next() == i);
    auto waiting = stream.async_next();
    stream.close();
    waiting.wait();
    if (round % 7 == 0) made.first.finish();  // nobody may have asked, so nobody closed
    producer.join();
  }
}

namespace {

/// Chunks of one item each. While the second pull is on its way, another thread gets the chunk of
/// the first, reads it, and could ask for the third.
class Overtaken final : public detail::StreamPull<int> {
 public:
  Future<detail::Chunk<int>> pull(std::uint64_t sequence, std::uint32_t, std::uint32_t) override {
    auto& promise = promises.at(sequence);
    if (sequence == 1) {
      std::thread other([this] {
        promises.at(0).set_value({{7}, false});
        read = reader.lock()->next();
      });
      other.join();
    }
    {
      const std::lock_guard lock(mutex);
      sent.push_back(sequence);
    }
    return promise.get_future();
  }
  void close() noexcept override {}

  std::weak_ptr<detail::StreamReader<int>> reader;
  std::optional<int> read;
  std::array<Promise<detail::Chunk<int>>, 8> promises;
  std::mutex mutex;
  std::vector<std::uint64_t> sent;
};

}  // namespace

TEST_CASE("pulls leave in the order of their numbers, whichever thread makes room for them") {
  const auto pull = std::make_shared<Overtaken>();
  const auto reader =
      std::make_shared<detail::StreamReader<int>>(pull, StreamWindow{.items = 2, .pulls = 2});
  pull->reader = reader;
  auto waiting = reader->async_next();
  CHECK(pull->sent == std::vector<std::uint64_t>{0, 1, 2});
  reader->close();
}
