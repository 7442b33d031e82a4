// What the commands print: times, tables, widths, text that is safe for a terminal.
#include <catch2/catch.hpp>

#include "cli/duration.hpp"
#include "cli/failure.hpp"
#include "cli/latency.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"

using namespace rmi::cli;
using namespace std::chrono_literals;

namespace {

std::string refusal(const std::string& time) {
  try {
    parse_duration(time);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::chrono::nanoseconds> one_to(int last) {
  std::vector<std::chrono::nanoseconds> times;
  for (int i = last; i > 0; --i)
    times.emplace_back(i);
  return times;
}

}  // namespace

TEST_CASE("a time has a unit, or is in seconds") {
  CHECK(parse_duration("2s") == 2s);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("2") == 2s);
  CHECK(parse_duration("1.5m") == 90s);
  CHECK(parse_duration("1h") == 1h);
  CHECK(parse_duration("0.1ms") == 1ms);
  CHECK(parse_duration("168h") == 168h);
}

TEST_CASE("a time that is none is refused with what was expected") {
  CHECK(refusal("abc") == "expected a time such as 2s, 500ms or 1m, got 'abc'");
  CHECK(refusal("") == "expected a time such as 2s, 500ms or 1m, got ''");
  CHECK(refusal("2 s") == "expected a time such as 2s, 500ms or 1m, got '2 s'");
  CHECK(refusal("inf") == "expected a time such as 2s, 500ms or 1m, got 'inf'");
  CHECK(refusal("0") == "'0' is no time to wait");
  CHECK(refusal("-1s") == "'-1s' is no time to wait");
  CHECK(refusal("169h") == "'169h' is over the longest time, 168h");
}

TEST_CASE("times are shown with three digits and the unit that fits") {
  CHECK(show_duration(184us) == "184 us");
  CHECK(show_duration(1234us) == "1.23 ms");
  CHECK(show_duration(12345us) == "12.3 ms");
  CHECK(show_duration(999600ns) == "1.00 ms");
  CHECK(show_duration(999ns) == "999 ns");
  CHECK(show_duration(0ns) == "0 ns");
  CHECK(show_duration(90s) == "90.0 s");
}

TEST_CASE("percentiles are by nearest rank") {
  const LatencySummary hundred = summarize(one_to(100), 1s);
  CHECK(hundred.min == 1ns);
  CHECK(hundred.p50 == 50ns);
  CHECK(hundred.p90 == 90ns);
  CHECK(hundred.p99 == 99ns);
  CHECK(hundred.max == 100ns);
  CHECK(hundred.mean == 50ns);
  CHECK(hundred.calls_per_second() == Approx(100));
  const LatencySummary one = summarize(one_to(1), 1s);
  CHECK(one.p50 == 1ns);
  CHECK(one.p99 == 1ns);
  CHECK(latency_text(one) ==
        "1 call in 1.00 s, 1 calls/s\n"
        "min 1 ns, mean 1 ns, p50 1 ns, p90 1 ns, p99 1 ns, max 1 ns\n");
}

TEST_CASE("text for a terminal stays on one line and cannot drive it") {
  CHECK(printable("two\nlines\t\x1b[31m\x7f") == "two\\nlines\\t\\x1b[31m\\x7f");
  CHECK(printable("日本 é 👋") == "日本 é 👋");
  CHECK(printable("a\xff\xc3") == "a\\xff\\xc3");
  CHECK(printable("\xe2\x80\xae"
                  "flipped") == "\\u202eflipped");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u009b31m");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
}

TEST_CASE("width counts columns, not bytes") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("é") == 1);
  CHECK(display_width("e\xcc\x81") == 1);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("👋") == 2);
}

TEST_CASE("columns of a table are aligned and lines have no spaces at the end") {
  CHECK(format_table({"NAME", "OWNER"}, {{"a", "x"}, {"日本語", ""}, {"long name", "y\nz"}}, {}) ==
        "NAME       OWNER\n"
        "a          x\n"
        "日本語     -\n"
        "long name  y\\nz\n");
}

TEST_CASE("ten thousand rows keep their order") {
  std::vector<Row> rows;
  for (int i = 0; i < 10000; ++i)
    rows.push_back({"name" + std::to_string(i), "x"});
  const std::string text = format_table({"NAME", "OWNER"}, rows, {});
  CHECK(text.find("name0     ") < text.find("name9999  x\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 10001);
}

TEST_CASE("fields are aligned behind their keys") {
  CHECK(format_fields({{"name", "server"}, {"tags", ""}}, {}) == "name  server\ntags  -\n");
}

TEST_CASE("colours are used when they are asked for") {
  CHECK(palette("always").strong == "\x1b[1m");
  CHECK(palette("never").strong.empty());
  CHECK_THROWS_WITH(palette("sometimes"),
                    "--color: expected auto, always or never, got 'sometimes'");
}
