// Log lines go on in order, and a sink that hangs holds up nobody.
#include "ns/log_queue.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace rmi;

TEST_CASE("lines arrive in order, all of them before the queue is gone") {
  std::mutex mutex;
  std::vector<std::string> lines;
  {
    ns::LogQueue queue([&](const LogLine& line) {
      const std::lock_guard lock(mutex);
      lines.push_back(std::string(line.event) + " " + std::string(line.text) + " " +
                      std::string(line.correlation));
    });
    const auto sink = queue.sink();
    for (int i = 0; i < 1000; ++i)
      sink({LogLevel::info, "line-" + std::to_string(i), std::to_string(i), "id"});
    CHECK(queue.left_out() == 0);
  }
  const std::lock_guard lock(mutex);
  REQUIRE(lines.size() == 1000);
  CHECK(lines[0] == "line-0 0 id");
  CHECK(lines[999] == "line-999 999 id");
}

TEST_CASE("a flood of one event is cut short before the queue, and told at its end") {
  std::mutex mutex;
  std::vector<std::string> lines;
  {
    ns::LogQueue queue([&](const LogLine& line) {
      const std::lock_guard lock(mutex);
      lines.emplace_back(line.event);
    });
    const auto sink = queue.sink();
    for (int i = 0; i < 100'000; ++i)
      sink({LogLevel::info, "flood", "x"});
    CHECK(queue.left_out() >= 100'000 - 8192);
  }
  const std::lock_guard lock(mutex);
  CHECK(lines.size() < 8192);
  CHECK(lines.back() == "lines-left-out");
}

TEST_CASE("a sink that hangs drops lines, counts them, and says so when it goes on") {
  std::promise<void> go;
  const auto released = go.get_future().share();
  std::promise<void> entered;
  std::mutex mutex;
  std::vector<std::string> lines;
  {
    ns::LogQueue queue(
        [&, first = true](const LogLine& line) mutable {
          if (std::exchange(first, false)) {
            entered.set_value();
            released.wait();
          }
          const std::lock_guard lock(mutex);
          lines.emplace_back(line.text);
        },
        2);
    const auto sink = queue.sink();
    sink({LogLevel::info, "test", "hangs"});
    entered.get_future().wait();
    for (int i = 0; i < 10; ++i)
      sink({LogLevel::info, "test", std::to_string(i)});  // 2 fit, 8 do not
    CHECK(queue.left_out() == 8);
    go.set_value();
    for (;;) {
      const std::lock_guard lock(mutex);
      if (lines.size() == 3) break;
    }
    sink({LogLevel::info, "test", "after"});
  }
  const std::lock_guard lock(mutex);
  CHECK(lines ==
        std::vector<std::string>{"hangs", "0", "1", "8 lines that nobody took in time", "after"});
}
