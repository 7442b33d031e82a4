// What the name server enters, refuses and gives back, with invented time.
#include <catch2/catch.hpp>
#include <rmi/errors.hpp>

#include "registry_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Bench = RegistryBench;
using Found = std::vector<std::string>;

TEST_CASE("an entered name is found with all that was offered") {
  Bench bench;
  const auto entered = bench.enter(alpha, {.name = "server",
                                           .object_id = "obj-1",
                                           .tags = {"blue", "fast"},
                                           .interface = "Server",
                                           .interface_hash = 99});
  CHECK_FALSE(entered.renewed);
  CHECK(entered.registration->number == 101);
  const auto found = bench.registry.resolve("server");
  REQUIRE(found.registration != nullptr);
  CHECK(found.registration == entered.registration);
  const auto entry = bench.registry.describe(*found.registration, bench.now + 5s);
  CHECK(entry.name == "server");
  CHECK(entry.object_id == "obj-1");
  CHECK(entry.tags == std::set<std::string>{"blue", "fast"});
  CHECK(entry.interface == "Server");
  CHECK(entry.interface_hash == 99);
  CHECK(entry.owner == "greeter[4711] on alpha");
  CHECK(entry.registration == 101);
  CHECK(entry.lease_ms == 10'000);
  // 0 would say that it never lapses.
  CHECK(bench.registry.describe(*found.registration, bench.now + 15s).lease_ms == 1);
}

TEST_CASE("an offer without an object id means the name itself") {
  Bench bench;
  CHECK(bench.enter(alpha, {.name = "server"}).registration->object_id == "server");
}

TEST_CASE("registration numbers only grow, also over a name that comes back") {
  Bench bench;
  const auto first = bench.enter(alpha, {.name = "server"}).registration->number;
  CHECK(bench.registry.withdraw(alpha, first) != nullptr);
  CHECK(bench.enter(alpha, {.name = "server"}).registration->number > first);
}

TEST_CASE("the number grows when a static name comes to stand for something else") {
  Bench bench;
  const auto first =
      bench.enter(alpha, {.name = "far", .target = "rminame:a"}).registration->number;
  const NameOffer other{.name = "far", .mode = NameMode::replace, .target = "rminame:b"};
  CHECK(bench.enter(beta, {.name = "far", .target = "rminame:a"}).registration->number == first);
  bench.now += 1min;
  const auto entered = bench.enter(beta, other);
  CHECK(entered.registration->number > first);
  CHECK(entered.registration->since == bench.now);
  CHECK(bench.registry.resolve("far").name == "b");
  CHECK(bench.registry.registrations() == 1);
  const auto second = entered.registration->number;
  CHECK(bench.enter(beta, other).registration->number == second);  // the same once more
  CHECK(bench.listed({.tags = {}}) == Found{"far"});
}

TEST_CASE("a safe offer of a served name is refused and says by whom it is served") {
  Bench bench;
  bench.enter(alpha, {.name = "server"});
  bench.now += 5min;
  const auto taken = bench.refused(beta, {.name = "server"});
  CHECK(taken.owner == alpha);
  CHECK(taken.text ==
        "the name 'server' is served by greeter[4711] on alpha (for 5 min); use replace to take it "
        "over, or shared in both to serve it together");
  CHECK(bench.registry.resolve("server").registration->owner == alpha);
}

TEST_CASE("how long a name has been served is said in words") {
  Bench bench;
  bench.enter(alpha, {.name = "server"});
  const auto after = [&](Duration duration) {
    bench.now = start + duration;
    return bench.refused(beta, {.name = "server"}).text;
  };
  CHECK_THAT(after(3s), Contains("(for 3 s)"));
  CHECK_THAT(after(3h), Contains("(for 3 h)"));
  CHECK_THAT(after(72h), Contains("(for 3 days)"));
}

TEST_CASE("a replacing offer takes the name over and the former owner hears of it once") {
  Bench bench;
  const auto old = bench.enter(alpha, {.name = "server"});
  const auto entered = bench.enter(beta, {.name = "server", .mode = NameMode::replace});
  REQUIRE(entered.displaced.size() == 1);
  CHECK(entered.displaced[0] == old.registration);
  CHECK(bench.registry.resolve("server").registration->owner == beta);
  const auto renewal = bench.registry.renew(alpha, bench.now);
  CHECK(renewal.held);
  CHECK(renewal.lost == std::vector<std::uint64_t>{old.registration->number});
  CHECK_FALSE(bench.registry.renew(alpha, bench.now).held);
  CHECK_FALSE(bench.registry.has_lease(alpha));
}

TEST_CASE("sessions that all say shared serve a name together") {
  Bench bench;
  bench.enter(alpha, {.name = "pool", .mode = NameMode::shared});
  bench.enter(beta, {.name = "pool", .mode = NameMode::shared});
  CHECK(bench.listed({}) == Found{"pool", "pool"});
  CHECK(bench.registry.names() == 1);
  CHECK(bench.registry.registrations() == 2);
}

TEST_CASE("a name is shared only if both sides say so") {
  Bench bench;
  bench.enter(alpha, {.name = "mine"});
  CHECK_THAT(bench.refused(beta, {.name = "mine", .mode = NameMode::shared}).text,
             Contains("which does not share it; use replace"));
  bench.enter(alpha, {.name = "ours", .mode = NameMode::shared});
  CHECK_THAT(bench.refused(beta, {.name = "ours"}).text, Contains("use shared to serve it too"));
}

TEST_CASE("replacing a shared name displaces all that share it") {
  Bench bench;
  bench.enter(alpha, {.name = "pool", .mode = NameMode::shared});
  bench.enter(beta, {.name = "pool", .mode = NameMode::shared});
  CHECK(bench.enter(9, {.name = "pool", .mode = NameMode::replace}).displaced.size() == 2);
  CHECK(bench.registry.registrations() == 1);
}

TEST_CASE("the least busy of a shared name is picked, in turn among equals") {
  Bench bench;
  for (const Owner owner : {1U, 2U, 3U})
    bench.enter(owner, {.name = "pool", .mode = NameMode::shared});
  const auto pick = [&] { return bench.registry.resolve("pool").registration; };
  std::set<Owner> seen;
  for (int call = 0; call < 3; ++call)
    seen.insert(pick()->owner);
  CHECK(seen == std::set<Owner>{1, 2, 3});
  for (int call = 0; call < 3; ++call)
    ++pick()->in_flight;
  const auto idle = pick();
  idle->in_flight = 0;
  for (int call = 0; call < 4; ++call)
    CHECK(pick() == idle);
}

TEST_CASE("a session that repeats its offer renews it and changes its tags") {
  Bench bench;
  const auto first = bench.enter(alpha, {.name = "server", .tags = {"old"}});
  bench.now += 10s;
  const auto again = bench.enter(alpha, {.name = "server", .tags = {"new"}, .interface = "Two"});
  CHECK(again.renewed);
  CHECK(again.registration == first.registration);
  CHECK(bench.registry.tags("server") == std::set<std::string>{"new"});
  CHECK(first.registration->interface == "Two");
  CHECK(bench.registry.describe(*first.registration, bench.now).lease_ms == 15'000);
  CHECK(bench.registry.registrations() == 1);
}

TEST_CASE("a session that shares a name cannot turn it into its own without replacing") {
  Bench bench;
  bench.enter(alpha, {.name = "pool", .mode = NameMode::shared});
  bench.enter(beta, {.name = "pool", .tags = {"kept"}, .mode = NameMode::shared});
  CHECK(bench.refused(beta, {.name = "pool", .tags = {"lost"}}).owner == alpha);
  CHECK(bench.registry.tags("pool") == std::set<std::string>{"kept"});
  const auto entered = bench.enter(beta, {.name = "pool", .mode = NameMode::replace});
  CHECK(entered.renewed);
  CHECK(entered.displaced.size() == 1);
}

TEST_CASE("malformed offers are refused with a text that says what is wrong") {
  Bench bench;
  const auto text = [&](const NameOffer& what) -> std::string {
    try {
      bench.offer(alpha, what);
    } catch (const BadArguments& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK_THAT(text({.name = ""}), Contains("name"));
  CHECK_THAT(text({.name = "a\nb"}), Contains("control"));
  CHECK_THAT(text({.name = std::string(256, 'x')}), Contains("255"));
  CHECK(text({.name = "rmi.names"}) ==
        "the name 'rmi.names' is reserved: names that begin with 'rmi.' belong to the broker; use "
        "another");
  CHECK(text({.name = "@0000001f"}) ==
        "the name '@0000001f' is reserved: names that begin with '@' are references; use another");
  CHECK(text({.name = "rmimeta:a"}) ==
        "the name 'rmimeta:a' is reserved: 'rmimeta:' asks for any object with certain tags; use "
        "another");
  CHECK_THAT(text({.name = "x", .object_id = "\x01"}), Contains("object id"));
  CHECK_THAT(text({.name = "x", .tags = {""}}), Contains("tag"));
  CHECK_THAT(text({.name = "x", .tags = {"a,b"}}), Contains("comma"));
  CHECK_THAT(
      text({.name = "x", .interface = std::string(2000, 'i')}),
      Contains(
          "the interface of the name 'x' is 2000 bytes long; the limit text-length allows 1024"));
  CHECK_THAT(text({.name = "x", .mode = static_cast<NameMode>(7)}), Contains("not 7"));
  CHECK_THAT(text({.name = "x", .target = "rmi:"}), Contains("rmi:"));
  CHECK_THAT(text({.name = "x", .target = "rmimeta:a"}), Contains("cannot stand for"));
  CHECK_THAT(text({.name = "x", .mode = NameMode::shared, .target = "rminame:y"}),
             Contains("cannot be shared"));
  CHECK(bench.registry.registrations() == 0);
}

TEST_CASE("each limit of the registry refuses with who, used and limit") {
  RegistryLimits limits;
  SECTION("names of one session") {
    limits.names_per_session = 2;
    Bench bench(limits);
    bench.enter_names({"a", "b"});
    CHECK_THROWS_WITH(bench.offer(alpha, {.name = "c"}),
                      Contains("over the limit names-per-session of ") &&
                          Contains(": 2 of 2 are used; the name 'c' is not entered"));
    bench.enter(beta, {.name = "c"});
    bench.enter(alpha, {.name = "a"});  // its own again: not one more
  }
  SECTION("all names") {
    limits.names = 2;
    Bench bench(limits);
    bench.enter_names({"a", "b"});
    CHECK_THROWS_WITH(bench.offer(beta, {.name = "c"}),
                      "over the limit names of this broker: 2 of 2 are used; the name 'c' is not "
                      "entered");
    bench.enter(beta, {.name = "a", .mode = NameMode::replace});  // swaps one for one
    CHECK(bench.registry.registrations() == 2);
  }
  SECTION("entries without a lease") {
    limits.static_names = 1;
    Bench bench(limits);
    bench.enter(alpha, {.name = "a", .target = "rminame:x"});
    CHECK_THROWS_AS(bench.offer(alpha, {.name = "b", .target = "rminame:x"}), Overloaded);
  }
  SECTION("tags") {
    limits.tags_per_name = 2;
    Bench bench(limits);
    CHECK_THROWS_WITH(bench.offer(alpha, {.name = "a", .tags = {"1", "2", "3"}}),
                      "over the limit tags-per-name of 'a': 0 of 2 are used and 3 more are "
                      "wanted; it gets none of them");
    bench.enter(alpha, {.name = "a"});
    CHECK_THROWS_AS(bench.registry.set_tags("a", {"1", "2", "3"}), Overloaded);
  }
}

TEST_CASE("only its own registration can be withdrawn by a session") {
  Bench bench;
  const auto number = bench.enter(alpha, {.name = "server"}).registration->number;
  CHECK(bench.registry.withdraw(beta, number) == nullptr);
  CHECK(bench.registry.withdraw(alpha, number + 1) == nullptr);
  CHECK(bench.registry.resolve("server").registration != nullptr);
  CHECK(bench.registry.withdraw(alpha, number) != nullptr);
  CHECK(bench.registry.resolve("server").registration == nullptr);
  CHECK_FALSE(bench.registry.any_lease());
}
