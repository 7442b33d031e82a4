// How many names a principal may have, and how fast they may be entered.
#include <catch2/catch.hpp>
#include <rmi/errors.hpp>
#include <string>

#include "ns/limit_report.hpp"
#include "registry_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("names of all sessions of a principal count together, and are free again after") {
  RegistryLimits limits;
  limits.names_per_principal = 2;
  RegistryBench bench(limits);
  PrincipalUsage usage{.name = "uid:1", .registrations = {}};
  const auto enter = [&](Owner owner, const NameOffer& offer) {
    return bench.registry.enter({.owner = owner, .text = "x", .principal = &usage}, offer,
                                bench.now);
  };
  enter(alpha, {.name = "a"});
  const auto b = std::get<Registry::Entered>(enter(beta, {.name = "b"})).registration->number;
  CHECK(usage.names == 2);
  CHECK_THROWS_WITH(enter(beta, {.name = "c"}),
                    "over the limit names-per-principal of uid:1: 2 of 2 are used; the name 'c' is "
                    "not entered");
  enter(alpha, {.name = "a"});  // its own again: not one more
  SECTION("given back") {
    bench.registry.withdraw(beta, b);
  }
  SECTION("removed by others") {
    bench.registry.remove("b");
  }
  SECTION("gone with the session") {
    bench.registry.drop_owner(beta);
  }
  CHECK(usage.names == 1);
  enter(beta, {.name = "c"});
  bench.registry.drop_owner(alpha);
  bench.registry.drop_owner(beta);
  CHECK(usage.names == 0);
}

TEST_CASE("names that come too fast are refused, of one session and of one principal") {
  RegistryLimits limits;
  limits.registrations_per_session = 1;
  limits.registrations_per_principal = 2;
  RegistryBench bench(limits);
  PrincipalUsage usage{.name = "uid:1", .registrations = {}};
  RateMeter one;
  RateMeter other;
  RateMeter last;
  const auto offers_of = [&](RateMeter& meter) {
    int taken = 0;
    try {
      for (; taken < 100; ++taken)
        bench.registry.meter({.text = "x[1] on y", .principal = &usage, .registrations = &meter},
                             "n", bench.now);
    } catch (const Overloaded& error) {
      return std::to_string(taken) + ": " + error.what();
    }
    return std::string("all");
  };
  CHECK(offers_of(one) ==
        "10: over the limit registrations-per-session of x[1] on y: 1 of 1 a second are used; the "
        "name 'n' is not entered");
  CHECK_THAT(offers_of(other), Contains("10: over the limit registrations-per-session"));
  CHECK_THAT(offers_of(last), Contains("0: over the limit registrations-per-principal of uid:1"));
  bench.now += 3s;
  CHECK_THAT(offers_of(one), Contains("3: over the limit registrations-per-session"));
  LimitReport report;
  bench.registry.report_limits(report);
  CHECK(report.refused.of(LimitId::registrations_per_session) == 3);
}

TEST_CASE("what is too long, or leads too far, is counted as refused by its limit") {
  RegistryLimits limits;
  limits.text_length = 10;
  limits.hold = 1s;
  limits.alias_hops = 1;
  limits.pattern_length = 8;
  limits.pattern_work = 20;
  RegistryBench bench(limits);
  bench.enter(alpha, {.name = "a", .target = "rminame:x"});
  const auto refused_by = [&](LimitId limit, const auto& what) {
    CHECK_THROWS_AS(what(), BadArguments);
    LimitReport report;
    bench.registry.report_limits(report);
    return report.refused.of(limit);
  };
  const auto offer = [&](const NameOffer& given) {
    return [&bench, given] { bench.offer(alpha, given); };
  };
  const auto seek = [&](const std::string& regex) {
    return [&bench, regex] { bench.registry.count({.regex = regex}); };
  };
  CHECK(refused_by(LimitId::text_length, offer({.name = "b", .interface = std::string(11, 'i')})) ==
        1);
  CHECK(refused_by(LimitId::hold_time, offer({.name = "b", .hold = 2s})) == 1);
  CHECK(refused_by(LimitId::alias_hops, offer({.name = "b", .target = "rminame:a"})) == 1);
  CHECK(refused_by(LimitId::pattern_length, seek("abcdefghi")) == 1);
  bench.enter_names({"n1", "n2", "n3", "n4"});
  CHECK(refused_by(LimitId::pattern_work, seek("(n|m).*")) == 1);
}
