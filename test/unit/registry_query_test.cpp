// Lists, patterns, aliases and leases of the name server, with invented time.
#include <catch2/catch.hpp>
#include <rmi/errors.hpp>

#include "registry_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Bench = RegistryBench;
using Found = std::vector<std::string>;

TEST_CASE("names are listed in order by prefix, regex and tags") {
  Bench bench;
  bench.enter(alpha, {.name = "db.main", .tags = {"sql", "prod"}});
  bench.enter(alpha, {.name = "db.copy", .tags = {"sql"}});
  bench.enter(alpha, {.name = "web", .tags = {"prod"}});
  CHECK(bench.listed({}) == Found{"db.copy", "db.main", "web"});
  CHECK(bench.listed({.prefix = "db."}) == Found{"db.copy", "db.main"});
  CHECK(bench.listed({.prefix = "x"}).empty());
  CHECK(bench.listed({.regex = "(db\\.main|web)"}) == Found{"db.main", "web"});
  CHECK(bench.listed({.regex = "db"}).empty());  // the whole name must match
  CHECK(bench.listed({.tags = {"sql", "prod"}}) == Found{"db.main"});
  CHECK(bench.listed({.tags = {"sql", "prod"}, .any_tag = true}) ==
        Found{"db.copy", "db.main", "web"});
  CHECK(bench.listed({.prefix = "db.", .regex = ".*m.*", .tags = {"sql"}}) == Found{"db.main"});
}

TEST_CASE("a regex that is malformed or would run for ever is refused, not run") {
  Bench bench;
  bench.enter(alpha, {.name = std::string(60, 'a')});
  const auto text = [&](const std::string& regex) -> std::string {
    try {
      return std::to_string(bench.registry.count({.regex = regex}));
    } catch (const BadArguments& error) {
      return error.what();
    }
  };
  CHECK(text("a[") == "the regex 'a[' cannot be used: a '[' is not closed");
  CHECK_THAT(text("(a"), Contains("a '(' or ')' has no partner"));
  CHECK_THAT(text("*a"), Contains("has nothing to repeat"));
  CHECK_THAT(text("(a)\\1"), Contains("cannot be used"));
  CHECK_THAT(text("(a{100}){100}"), Contains("repeat more than 256 times altogether"));
  CHECK_THAT(text("a{99999999999999999999999}"), Contains("repeat more than 256 times"));
  CHECK(text("a\\{100}b{2,3}") == "0");
  CHECK_THAT(text(std::string(256, 'a')),
             Contains("256 bytes long; the limit pattern-length allows 255"));
  CHECK(text("(a*)*b") == "0");  // exponential for a matcher that backtracks
  CHECK(text("(a|aa)+(a|aa)+") == "1");
  RegistryLimits limits;
  limits.pattern_work = 100;
  Bench slow(limits);
  slow.enter_names({"abcdefgh", "abcdefgi"});
  CHECK_THROWS_WITH(slow.registry.count({.regex = "(a|b)*.*"}),
                    "the regex '(a|b)*.*' takes too long over 2 names (the limit pattern-work is "
                    "100); add a prefix");
}

TEST_CASE("removing by name, prefix or regex returns what went, and its owner hears of it") {
  Bench bench;
  bench.enter_names({"a.1", "a.2", "b.1", "b.2", "c"});
  CHECK(bench.registry.remove("nothing").empty());
  CHECK(bench.registry.remove("c").size() == 1);
  CHECK(bench.registry.remove_matching({.prefix = "a."}).size() == 2);
  CHECK(bench.registry.remove_matching({.regex = "b\\.[1]"}).size() == 1);
  CHECK(bench.listed({}) == Found{"b.2"});
  CHECK(bench.registry.renew(alpha, bench.now).lost.size() == 4);
  CHECK_THROWS_WITH(bench.registry.remove_matching({}),
                    StartsWith("an empty filter would remove every name"));
}

TEST_CASE("the broker's own names are listed, are never removed and never lapse") {
  Bench bench;
  bench.registry.enter_builtin("rmi-broker[1] on alpha", {.name = "rmi.names"}, bench.now);
  CHECK(bench.listed({}) == Found{"rmi.names"});
  CHECK_THROWS_AS(bench.registry.remove("rmi.names"), BadArguments);
  CHECK_THROWS_AS(bench.registry.set_tags("rmi.names", {"x"}), BadArguments);
  CHECK(bench.registry.remove_matching({.regex = ".*"}).empty());
  CHECK(bench.registry.expire(bench.now + 1h).empty());
  CHECK(bench.registry.expire(bench.now + 2h).empty());
  REQUIRE(bench.registry.resolve("rmi.names").registration != nullptr);
  CHECK(bench.registry.resolve("rmi.names").registration->is_builtin());
}

TEST_CASE("tags of a shared name are those of all its registrations") {
  Bench bench;
  bench.enter(alpha, {.name = "pool", .tags = {"a"}, .mode = NameMode::shared});
  bench.enter(beta, {.name = "pool", .tags = {"b"}, .mode = NameMode::shared});
  CHECK(bench.registry.tags("pool") == std::set<std::string>{"a", "b"});
  bench.registry.set_tags("pool", {"c"});
  CHECK(bench.listed({.tags = {"c"}}) == Found{"pool", "pool"});
  CHECK_THROWS_AS(bench.registry.set_tags("pool", {"x,y"}), BadArguments);
  CHECK_THROWS_AS(bench.registry.tags("pol"), NameNotFound);
}

TEST_CASE("a name that is not there suggests the nearest ones") {
  Bench bench;
  bench.enter_names({"server", "sensor", "unrelated"});
  CHECK_THROWS_WITH(
      bench.registry.tags("servr"),
      StartsWith("no object is served under the name 'servr'; did you mean 'server'"));
  CHECK(bench.registry.not_found_text("zzzzzzzz") ==
        "no object is served under the name 'zzzzzzzz'");
}

TEST_CASE("a lease lapses when it is not renewed, and renewal extends all names of a session") {
  Bench bench;
  bench.enter_names({"a", "b"});
  bench.enter(beta, {.name = "c"});
  for (int step = 1; step <= 14; ++step)
    CHECK(bench.registry.expire(start + step * 1s).empty());
  CHECK(bench.registry.renew(beta, start + 14s).held);
  const auto lapses = bench.registry.expire(start + 15s);
  REQUIRE(lapses.size() == 1);
  CHECK(lapses[0].owner == alpha);
  REQUIRE(lapses[0].registrations.size() == 2);
  CHECK(lapses[0].registrations[0]->name == "a");
  CHECK(bench.listed({}) == Found{"c"});
  CHECK_FALSE(bench.registry.renew(alpha, start + 16s).held);
  CHECK(bench.registry.describe(*bench.registry.resolve("c").registration, start + 16s).lease_ms ==
        13'000);
}

TEST_CASE("a pause of the broker extends all leases once instead of dropping them") {
  Bench bench;
  bench.enter_names({"a"});
  bench.registry.expire(start + 1s);
  CHECK(bench.registry.expire(start + 60s).empty());  // it slept for 59 s and heard nobody
  for (int step = 1; step <= 14; ++step)
    CHECK(bench.registry.expire(start + 60s + step * 1s).empty());
  CHECK(bench.registry.expire(start + 75s).size() == 1);
}

TEST_CASE("a short gap between ticks is no pause") {
  Bench bench;
  bench.enter_names({"a"});
  CHECK(bench.registry.expire(start + 1s).empty());
  CHECK(bench.registry.expire(start + 8s).empty());
  CHECK(bench.registry.expire(start + 15s).size() == 1);
}

TEST_CASE("a session that is gone takes all its names with it and nobody else's") {
  Bench bench;
  bench.enter_names({"a", "b"});
  bench.enter(beta, {.name = "c"});
  bench.enter(alpha, {.name = "alias", .target = "rminame:c"});
  CHECK(bench.registry.drop_owner(alpha).size() == 2);
  CHECK(bench.registry.drop_owner(alpha).empty());
  CHECK(bench.listed({}) == Found{"alias", "c"});
}

TEST_CASE("an alias is followed to the registration that serves") {
  Bench bench;
  bench.enter(alpha, {.name = "server"});
  bench.enter(beta, {.name = "nick", .target = "rminame:server"});
  bench.enter(beta, {.name = "nick2", .target = "nick"});
  CHECK(bench.registry.resolve("nick2").registration->name == "server");
  bench.registry.remove("server");
  const auto missing = bench.registry.resolve("nick2");
  CHECK(missing.registration == nullptr);
  CHECK(missing.name == "server");  // the one to wait for
}

TEST_CASE("aliases that lead in a circle or too far are refused") {
  Bench bench;
  CHECK_THROWS_WITH(bench.offer(alpha, {.name = "a", .target = "rminame:a"}),
                    "the alias 'a' would lead back to itself: a -> a");
  bench.enter(alpha, {.name = "a", .target = "rminame:b"});
  bench.enter(alpha, {.name = "b", .target = "rminame:c"});
  CHECK_THROWS_WITH(bench.offer(alpha, {.name = "c", .target = "rminame:a"}),
                    "the alias 'c' would lead back to itself: c -> a -> b -> c");
  bench.enter(alpha, {.name = "n1", .target = "rminame:end"});
  for (int hop = 2; hop <= 8; ++hop)
    bench.enter(alpha, {.name = "n" + std::to_string(hop),
                        .target = "rminame:n" + std::to_string(hop - 1)});
  CHECK_THROWS_WITH(bench.offer(alpha, {.name = "n9", .target = "rminame:n8"}),
                    Contains("would be number 9 in a row, the limit alias-hops is 8"));
  bench.enter(alpha, {.name = "end"});
  CHECK(bench.registry.resolve("n8").registration->name == "end");
}

TEST_CASE("a chain of aliases that grew at its end is not followed beyond the bound") {
  Bench bench;
  bench.enter(alpha, {.name = "n1", .target = "rminame:end"});
  for (int hop = 2; hop <= 8; ++hop)
    bench.enter(alpha, {.name = "n" + std::to_string(hop),
                        .target = "rminame:n" + std::to_string(hop - 1)});
  bench.enter(alpha, {.name = "end", .target = "rminame:real"});
  bench.enter(alpha, {.name = "real"});
  CHECK(bench.registry.resolve("n7").registration != nullptr);
  CHECK(bench.registry.resolve("n8").registration == nullptr);
}

TEST_CASE("a static entry keeps its URI, has no lease and is only replaced on purpose") {
  Bench bench;
  const std::string uri = "rmi:obj@tcp://10.0.0.1:5000";
  bench.enter(alpha, {.name = "far", .target = uri});
  const auto found = bench.registry.resolve("far").registration;
  REQUIRE(found != nullptr);
  CHECK(found->is_static());
  CHECK(bench.registry.describe(*found, bench.now).lease_ms == 0);
  CHECK(bench.registry.describe(*found, bench.now).target == uri);
  CHECK(bench.enter(beta, {.name = "far", .target = uri}).renewed);
  CHECK(bench.refused(beta, {.name = "far", .target = "rminame:x"}).text ==
        "the name 'far' stands for '" + uri + "' already; use replace to change that");
  CHECK(bench.refused(beta, {.name = "far"}).owner == nobody);
  bench.enter(beta, {.name = "far", .mode = NameMode::replace, .target = "rminame:x"});
  CHECK(bench.registry.resolve("far").name == "x");
  CHECK(bench.registry.registrations() == 1);
  bench.enter(beta, {.name = "far", .mode = NameMode::replace});
  CHECK(bench.registry.resolve("far").registration->owner == beta);
  CHECK(bench.registry.registrations() == 1);
}

TEST_CASE("a hundred thousand names are entered, found, listed and dropped") {
  Bench bench;
  for (int number = 0; number < 100'000; ++number)
    bench.enter(alpha, {.name = "svc-" + std::to_string(number)});
  CHECK(bench.registry.resolve("svc-99999").registration != nullptr);
  CHECK(bench.listed({.prefix = "svc-9999"}).size() == 11);
  CHECK(bench.registry.count({.regex = "svc-.*7"}) == 10'000);
  CHECK(bench.registry.drop_owner(alpha).size() == 100'000);
  CHECK(bench.registry.names() == 0);
}
