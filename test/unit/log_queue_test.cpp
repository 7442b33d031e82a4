// Log lines go on in order, and a sink that hangs holds up nobody.
#include "ns/log_queue.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <string>
#include <vector>

using namespace rmi;

TEST_CASE("lines arrive in order, all of them before the queue is gone") {
  std::mutex mutex;
  std::vector<std::string> lines;
  {
    ns::LogQueue queue([&](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex);
      lines.emplace_back(line);
    });
    const auto sink = queue.sink();
    for (int i = 0; i < 1000; ++i)
      sink(LogLevel::info, std::to_string(i));
  }
  const std::lock_guard lock(mutex);
  REQUIRE(lines.size() == 1000);
  CHECK(lines[0] == "0");
  CHECK(lines[999] == "999");
}

TEST_CASE("a sink that hangs drops lines, counts them, and says so when it goes on") {
  std::promise<void> go;
  const auto released = go.get_future().share();
  std::promise<void> entered;
  std::mutex mutex;
  std::vector<std::string> lines;
  {
    ns::LogQueue queue(
        [&, first = true](LogLevel, std::string_view line) mutable {
          if (std::exchange(first, false)) {
            entered.set_value();
            released.wait();
          }
          const std::lock_guard lock(mutex);
          lines.emplace_back(line);
        },
        2);
    const auto sink = queue.sink();
    sink(LogLevel::info, "hangs");
    entered.get_future().wait();
    for (int i = 0; i < 10; ++i)
      sink(LogLevel::info, std::to_string(i));  // 2 fit, 8 do not
    go.set_value();
    for (;;) {
      const std::lock_guard lock(mutex);
      if (lines.size() == 3) break;
    }
    sink(LogLevel::info, "after");
  }
  const std::lock_guard lock(mutex);
  CHECK(lines == std::vector<std::string>{"hangs", "0", "1",
                                          "8 log lines were dropped: nobody took them", "after"});
}
