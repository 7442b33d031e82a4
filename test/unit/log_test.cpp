// What a line of the log looks like, and what becomes of a flood of them.
#include "bus/log_text.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bus/identity.hpp"
#include "bus/log_limiter.hpp"

using namespace rmi;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::chrono::system_clock::time_point moment{1'795'541'431'123ms};

std::string text_of(const LogLine& line) {
  return log_text(line, LogFormat::text, moment);
}

/// A limiter on a clock of its own, and what came through it.
struct Flood {
  explicit Flood(LogRate rate = {.per_second = 20, .burst = 100})
      : limiter([this](const LogLine& line) { add(line); }, rate, [this] { return now; }) {}
  void add(const LogLine& line) {
    lines.push_back(std::string(line.event) + ": " + std::string(line.text));
    levels.push_back(line.level);
  }
  void write(int times, std::string_view event, LogLevel level = LogLevel::warning) {
    for (int i = 0; i < times; ++i)
      limiter.write({level, event, std::to_string(i)});
  }

  LogLimiter::Time now{100s};
  std::vector<std::string> lines;
  std::vector<LogLevel> levels;
  LogLimiter limiter;
};

void set(const char* variable, const char* value) {
  REQUIRE(setenv(variable, value, 1) == 0);
}

}  // namespace

TEST_CASE("a line of text has time, level, event, what happened, and the id of its call") {
  const std::string line = text_of({LogLevel::warning, "method-threw", "a.b threw", "0123abcd"});
  CHECK_THAT(line, Contains(".123 warning method-threw: a.b threw [0123abcd]\n"));
  CHECK(line.size() == std::string("2026-11-24 17:20:31.123 ").size() +
                           std::string("warning method-threw: a.b threw [0123abcd]\n").size());
  CHECK_THAT(text_of({LogLevel::info, "x", "y"}), Contains(" info    x: y\n"));
}

TEST_CASE("whatever a text holds, it is one line and no terminal obeys it") {
  const std::string line = text_of({LogLevel::info, "x", "a\nb\x1b[31m\x7f", "id\n"});
  CHECK_THAT(line, Contains("x: a\\nb\\x1b[31m\\x7f [id\\n]\n"));
  CHECK(line.find('\n') == line.size() - 1);
}

TEST_CASE("a line of JSON is one object, in UTC, with who wrote it") {
  const std::string line =
      log_text({LogLevel::error, "x-y", "a\n\"b\" \x01", "cafe"}, LogFormat::json, moment);
  CHECK(line.find('\n') == line.size() - 1);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["time"] == "2026-11-24T17:30:31.123Z");
  CHECK(json["level"] == "error");
  CHECK(json["event"] == "x-y");
  CHECK(json["text"] == "a\n\"b\" \x01");
  CHECK(json["correlation"] == "cafe");
  CHECK(json["program"] == program_name());
  CHECK(json["pid"] == process_id());
  const auto plain =
      nlohmann::json::parse(log_text({LogLevel::info, "x", "y"}, LogFormat::json, moment));
  CHECK_FALSE(plain.contains("correlation"));
}

TEST_CASE("what is no UTF-8 is replaced in JSON, and a text without end is cut") {
  const auto json = nlohmann::json::parse(
      log_text({LogLevel::info, "x", "a\xff\xfe z", "\xc3"}, LogFormat::json, moment));
  CHECK(json["text"] == "a\xef\xbf\xbd\xef\xbf\xbd z");
  CHECK(json["correlation"] == "\xef\xbf\xbd");
  const std::string endless(100'000, 'x');
  for (const auto format : {LogFormat::text, LogFormat::json}) {
    const std::string line = log_text({LogLevel::info, "x", endless}, format, moment);
    CHECK(line.size() < 4200);
    CHECK_THAT(line, Contains("xxx..."));
  }
}

TEST_CASE("level and format come from words and from the environment, or say what they expected") {
  CHECK(parse_log_level("debug") == LogLevel::debug);
  CHECK(parse_log_format("json") == LogFormat::json);
  CHECK_THROWS_WITH(parse_log_format("xml"), "unknown log format 'xml', expected text or json");
  CHECK_THROWS_WITH(parse_log_level("loud"),
                    "unknown log level 'loud', expected debug, info, warning, error or off");
  set("RMI_LOG_FORMAT", "json");
  CHECK(log_format_from_environment() == LogFormat::json);
  set("RMI_LOG_FORMAT", "");
  CHECK(log_format_from_environment() == LogFormat::text);
  set("RMI_LOG_FORMAT", "xml");
  CHECK_THROWS_WITH(default_log(),
                    "$RMI_LOG_FORMAT: unknown log format 'xml', expected text or json");
  set("RMI_LOG_FORMAT", "text");
  set("RMI_LOG", "loud");
  CHECK_THROWS_WITH(default_log(), Contains("$RMI_LOG: unknown log level 'loud'"));
}

TEST_CASE("a flood of one event is cut short, counted, and told once a second") {
  Flood flood;
  flood.write(1000, "session-ended");
  CHECK(flood.lines.size() == 100);
  CHECK(flood.limiter.left_out() == 900);
  flood.now += 500ms;
  flood.write(1000, "session-ended");  // 10 of them pass: the gap is not a second old
  CHECK(flood.lines.size() == 110);
  flood.now += 500ms;
  flood.write(1000, "session-ended");
  REQUIRE(flood.lines.size() == 121);
  CHECK(flood.lines[110] == "lines-left-out: 1890 lines of session-ended within 1.0 s");
  CHECK(flood.levels[110] == LogLevel::warning);
  CHECK(flood.lines[111] == "session-ended: 0");
}

TEST_CASE("a flood does not hide other events, and the first of them tells that it is over") {
  Flood flood;
  flood.write(150, "session-ended");
  flood.write(1, "name-entered");
  CHECK(flood.lines.back() == "name-entered: 0");
  CHECK(flood.lines.size() == 101);
  flood.now += 10s;
  flood.write(1, "name-entered");
  REQUIRE(flood.lines.size() == 103);
  CHECK(flood.lines[101] == "lines-left-out: 50 lines of session-ended within 10.0 s");
  CHECK(flood.lines[102] == "name-entered: 0");
  flood.now += 10s;
  flood.write(100, "session-ended");  // the bucket is full again
  CHECK(flood.lines.size() == 203);
}

TEST_CASE("the end tells what is not told yet, and errors are cut short like all but debug lines") {
  std::vector<std::string> lines;
  {
    const auto sink = rate_limited(
        [&](const LogLine& line) {
          lines.emplace_back(line.event);
          if (line.event == "lines-left-out") CHECK(line.level == LogLevel::error);
        },
        {.per_second = 0, .burst = 2});
    for (int i = 0; i < 5; ++i)
      sink({i == 3 ? LogLevel::error : LogLevel::info, "mixed", ""});
    CHECK(lines.size() == 2);
    for (int i = 0; i < 5; ++i)
      sink({LogLevel::debug, "detail", ""});
    CHECK(lines.size() == 7);
  }
  REQUIRE(lines.size() == 8);
  CHECK(lines.back() == "lines-left-out");
}

TEST_CASE("of lines of many threads none is lost without being counted") {
  std::atomic<std::uint64_t> passed{0};
  LogLimiter limiter([&](const LogLine&) { ++passed; }, {.per_second = 0, .burst = 10});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&limiter, event = "event-" + std::to_string(i % 2)] {
      for (int line = 0; line < 1000; ++line)
        limiter.write({LogLevel::info, event, "x"});
    });
  for (auto& thread : threads)
    thread.join();
  limiter.flush();
  CHECK(limiter.left_out() == 4000 - 20);
  CHECK(passed >= 20 + 2);  // the floods of both events were told
}
