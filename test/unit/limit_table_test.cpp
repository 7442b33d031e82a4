// The limits by name: how they are set, shown and told of.
#include "ns/limit_table.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

#include <rmi/errors.hpp>

#include "ns/over_limit.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

std::string mistake(const std::string& setting) {
  Limits limits;
  try {
    set_limit(limits, setting);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "taken";
}

}  // namespace

TEST_CASE("every limit has a name of its own, and reads what it shows") {
  std::set<std::string_view> names;
  for (const auto& rule : limit_rules()) {
    INFO(rule.name);
    CHECK(&rule == &limit_rule(rule.id));
    CHECK(names.insert(rule.name).second);
    CHECK_FALSE(rule.meaning.empty());
    const Limits standard;
    Limits changed;
    for (const auto value : {rule.least, rule.least + 7, rule.get(standard)}) {
      set_limit(changed, std::string(rule.name) + "=" + show_limit(rule.unit, value));
      CHECK(rule.get(changed) == value);
    }
    for (const auto& other : limit_rules())  // each has a field of its own
      CHECK(other.get(changed) == other.get(standard));
    CHECK(rule.get(standard) >= rule.least);
  }
}

TEST_CASE("a limit is set with a unit or without") {
  Limits limits;
  set_limit(limits, "calls-per-session=17");
  set_limit(limits, "bytes-per-daemon=3MiB");
  set_limit(limits, "message-size=5000");
  set_limit(limits, "unread-time=3s");
  set_limit(limits, "hold-time=90min");
  set_limit(limits, "registrations-per-session=5/s");
  set_limit(limits, "static-names=0");
  CHECK(limits.calls_per_session == 17);
  CHECK(limits.bytes_per_daemon == 3U << 20U);
  CHECK(limits.max_message == 5000);
  CHECK(limits.unread_time == 3s);
  CHECK(limits.registry.hold == 90min);
  CHECK(limits.registry.registrations_per_session == 5);
  CHECK(limits.registry.static_names == 0);
}

TEST_CASE("a limit is shown with the largest unit that fits") {
  CHECK(show_limit(LimitUnit::count, 8192) == "8192");
  CHECK(show_limit(LimitUnit::bytes, 64U << 20U) == "64MiB");
  CHECK(show_limit(LimitUnit::bytes, 1'000'000) == "1MB");
  CHECK(show_limit(LimitUnit::bytes, 1023) == "1023B");
  CHECK(show_limit(LimitUnit::bytes, 0) == "0");
  CHECK(show_limit(LimitUnit::milliseconds, 10'000) == "10s");
  CHECK(show_limit(LimitUnit::milliseconds, 1500) == "1500ms");
  CHECK(show_limit(LimitUnit::milliseconds, 0) == "0ms");
  CHECK(show_limit(LimitUnit::per_second, 500) == "500/s");
}

TEST_CASE("a limit that cannot be set says what was expected") {
  CHECK(mistake("calls-per-session") ==
        "'calls-per-session' sets no limit; expected NAME=VALUE, such as calls-per-session=1000");
  CHECK_THAT(mistake("call-per-session=1"), Contains("there is no limit 'call-per-session'") &&
                                                Contains("did you mean 'calls-per-session'"));
  CHECK_THAT(mistake("speed=1"), Contains("--print-config"));
  CHECK(mistake("calls-per-session=many") ==
        "the limit calls-per-session cannot be 'many'; expected a number such as 1000");
  CHECK_THAT(mistake("calls-per-session=-1"), Contains("expected a number"));
  CHECK_THAT(mistake("calls-per-session="), Contains("expected a number"));
  CHECK_THAT(mistake("calls-per-session=1MiB"), Contains("expected a number"));
  CHECK_THAT(mistake("calls-per-session=0"), Contains("expected 1 to 1000000000"));
  CHECK_THAT(mistake("calls-per-session=1000000001"), Contains("expected 1 to 1000000000"));
  CHECK_THAT(mistake("names=99999999999999999999"), Contains("expected a number"));
  CHECK_THAT(mistake("message-size=5 parsecs"), Contains("a size such as 65536"));
  CHECK_THAT(mistake("message-size=1000"), Contains("expected 1KiB to 4GiB"));
  CHECK_THAT(mistake("bytes-per-daemon=999999999999999GiB"), Contains("expected 1KiB to"));
  CHECK_THAT(mistake("unread-time=5"), Contains("a time with its unit"));
  CHECK_THAT(mistake("registrations-per-session=5ms"), Contains("a number for each second"));
}

TEST_CASE("what is over a limit is told in one way, and counted") {
  LimitRefusals refused;
  CHECK(refused.count({.limit = LimitId::calls_per_session,
                       .whose = "greeter[4711] on alpha",
                       .used = 8192,
                       .most = 8192,
                       .consequence = "the call 'a.b' was not sent"}) ==
        "over the limit calls-per-session of greeter[4711] on alpha: 8192 of 8192 are used; the "
        "call 'a.b' was not sent");
  CHECK_THROWS_AS(refused.refuse({.limit = LimitId::names, .whose = "this broker"}), Overloaded);
  LimitRefusals sum;
  sum += refused;
  sum += refused;
  CHECK(sum.of(LimitId::calls_per_session) == 2);
  CHECK(sum.of(LimitId::names) == 2);
  CHECK(sum.of(LimitId::sessions) == 0);
}

TEST_CASE("the guide has a row for each limit, with its default") {
  const char* data = std::getenv("RMI_TEST_DATA");
  REQUIRE(data != nullptr);
  std::ifstream file(std::string(data) + "/../../docs/guide.md");
  REQUIRE(file);
  const std::string guide{std::istreambuf_iterator<char>(file), {}};
  for (const auto& rule : limit_rules())
    CHECK_THAT(guide, Contains("| `" + std::string(rule.name) + "` | " +
                               show_limit(rule.unit, rule.get(Limits())) + " | " +
                               std::string(rule.meaning) + " |"));
}
