// Durable names in the registry: what would change on disk, and who a stale name belongs to.
#include <catch2/catch.hpp>
#include <rmi/errors.hpp>

#include "registry_bench.hpp"

using namespace rmi;
using namespace rmi::ns;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Tags = std::set<std::string>;

namespace {

struct DurableBench : RegistryBench {
  using RegistryBench::RegistryBench;
  StoreChanges plan(Owner owner, const NameOffer& what) {
    auto planned = registry.plan_enter(
        {.owner = owner, .text = "greeter[4711] on alpha", .holder = {"uid:1", "greeter"}}, what,
        now);
    REQUIRE(std::holds_alternative<StoreChanges>(planned));
    return std::get<StoreChanges>(planned);
  }
  const Registration& at(std::string_view name) {
    const auto found = registry.resolve(name).registration;
    REQUIRE(found != nullptr);
    return *found;
  }
};

const NameOffer shop{.name = "shop", .tags = {"food"}, .interface = "Shop", .durable = true};
const NameOffer alias{.name = "store", .target = "rminame:shop", .durable = true};

}  // namespace

TEST_CASE("a durable offer would put its name on disk, and nothing when that is there already") {
  DurableBench bench;
  const auto plan = bench.plan(alpha, shop);
  REQUIRE(plan.size() == 1);
  CHECK(plan.front().name == "shop");
  REQUIRE(plan.front().put);
  CHECK(plan.front().put->object_id == "shop");
  CHECK(plan.front().put->tags == Tags{"food"});
  CHECK(plan.front().put->holder == Holder{"uid:1", "greeter"});
  CHECK(plan.front().put->owner_text == "greeter[4711] on alpha");
  bench.enter(alpha, shop);
  CHECK(bench.plan(alpha, shop).empty());
  auto other_tags = shop;
  other_tags.tags = {"books"};
  CHECK(bench.plan(alpha, other_tags).size() == 1);
}

TEST_CASE("a plan changes nothing, and refuses what entering would refuse") {
  DurableBench bench;
  bench.plan(alpha, shop);
  CHECK(bench.registry.names() == 0);
  CHECK_THROWS_AS(bench.plan(alpha, {.name = "rmi.x", .durable = true}), BadArguments);
  CHECK_THROWS_WITH(bench.plan(alpha, {.name = "x", .mode = NameMode::shared, .durable = true}),
                    Contains("both durable and shared"));
  bench.enter(alpha, {.name = "shop"});
  CHECK(std::holds_alternative<Registry::Taken>(
      bench.registry.plan_enter({.owner = beta, .text = "x"}, shop, bench.now)));
}

TEST_CASE("a durable name is stale when its owner ends, and another name is gone") {
  DurableBench bench;
  bench.enter(alpha, shop);
  bench.enter(alpha, {.name = "other"});
  const auto number = bench.at("shop").number;
  bench.registry.drop_owner(alpha);
  CHECK(bench.registry.resolve("other").registration == nullptr);
  CHECK(bench.at("shop").stale);
  CHECK(bench.at("shop").number == number);
  const auto entry = bench.registry.describe(bench.at("shop"), bench.now);
  CHECK(entry.durable);
  CHECK(entry.stale);
  CHECK(entry.lease_ms == 0);
  CHECK(entry.owner == "greeter[4711] on alpha");
  CHECK_FALSE(bench.registry.any_lease());
}

TEST_CASE("a durable name outlives its lease, and an orderly end, but not its withdrawal") {
  DurableBench bench;
  bench.enter(alpha, shop);
  bench.registry.expire(bench.now);
  bench.now += 5s;
  bench.registry.expire(bench.now);
  bench.now += 5s;
  bench.registry.expire(bench.now);
  bench.now += 5s;
  CHECK(bench.registry.expire(bench.now).size() == 1);
  CHECK(bench.at("shop").stale);

  const auto again = bench.enter(alpha, shop).registration->number;
  CHECK(bench.registry.plan_withdraw(alpha, again) == StoreChanges{{.name = "shop", .put = {}}});
  CHECK(bench.registry.release(alpha, again) != nullptr);
  CHECK(bench.at("shop").stale);
  CHECK_FALSE(bench.registry.any_lease());

  const auto last = bench.enter(alpha, shop).registration->number;
  CHECK(bench.registry.withdraw(alpha, last) != nullptr);
  CHECK(bench.registry.names() == 0);
  CHECK(bench.registry.registrations() == 0);
}

TEST_CASE("releasing a name that is not durable removes it") {
  DurableBench bench;
  const auto number = bench.enter(alpha, {.name = "shop"}).registration->number;
  CHECK(bench.registry.release(beta, number) == nullptr);
  CHECK(bench.registry.release(alpha, number) != nullptr);
  CHECK(bench.registry.names() == 0);
}

TEST_CASE("a stale name is taken back by the same program of the same principal, by others not") {
  DurableBench bench;
  const auto number = bench.enter(alpha, shop).registration->number;
  bench.registry.drop_owner(alpha);
  const auto taken = bench.refused(stranger, {.name = "shop"});
  CHECK(taken.owner == nobody);
  CHECK(taken.text ==
        "the name 'shop' is kept for greeter[4711] on alpha, which is away; use replace to take it "
        "over");
  bench.refused(stranger, {.name = "shop", .mode = NameMode::shared});
  bench.refused(stranger, {.name = "shop", .target = "rminame:x"});
  const auto back = bench.enter(beta, shop);
  CHECK_FALSE(bench.at("shop").stale);
  CHECK(bench.at("shop").owner == beta);
  CHECK(back.registration->number > number);
  CHECK(bench.registry.registrations() == 1);
  bench.refused(alpha, shop);
}

TEST_CASE("a stale name can be replaced and removed by anybody, on disk too") {
  DurableBench bench;
  bench.enter(alpha, shop);
  bench.registry.drop_owner(alpha);
  CHECK(bench.registry.plan_remove("shop") == StoreChanges{{.name = "shop", .put = {}}});
  CHECK(bench.plan(stranger, {.name = "shop", .mode = NameMode::replace}) ==
        StoreChanges{{.name = "shop", .put = {}}});
  bench.enter(stranger, {.name = "shop", .mode = NameMode::replace});
  CHECK(bench.registry.plan_remove("shop").empty());
  CHECK(bench.registry.registrations() == 1);
}

TEST_CASE("what is on disk is stale when it comes back, but an alias is what it was") {
  DurableBench bench;
  auto changes = bench.plan(alpha, shop);
  const auto more = bench.plan(alpha, alias);
  changes.insert(changes.end(), more.begin(), more.end());
  bench.registry.apply(changes, bench.now);
  CHECK(bench.registry.registrations() == 2);
  CHECK(bench.at("shop").stale);
  CHECK(bench.at("shop").tags() == Tags{"food"});
  CHECK(bench.at("store").stale);  // an alias leads to what it stands for
  const auto entries = bench.registry.list({.prefix = "sto"}, bench.now);
  REQUIRE(entries.size() == 1);
  CHECK(entries.front().target == "rminame:shop");
  CHECK_FALSE(entries.front().stale);
  CHECK(entries.front().durable);
  bench.enter(beta, shop);
  CHECK(bench.at("store").owner == beta);
}

TEST_CASE("an alias that is written to stand for something else has a new number, once") {
  DurableBench bench;
  const auto first = bench.enter(alpha, alias).registration->number;
  const NameOffer other{
      .name = "store", .mode = NameMode::replace, .target = "rminame:mall", .durable = true};
  bench.registry.apply(bench.plan(alpha, other), bench.now);  // whoever wanted it is gone
  const auto entries = bench.registry.list({.prefix = "store"}, bench.now);
  REQUIRE(entries.size() == 1);
  CHECK(entries.front().target == "rminame:mall");
  CHECK(entries.front().registration > first);
  CHECK(bench.enter(alpha, other).registration->number == entries.front().registration);
}

TEST_CASE("what is as on disk is not touched, what is not becomes so") {
  DurableBench bench;
  const auto changes = bench.plan(alpha, shop);
  bench.enter(alpha, shop);
  CHECK(bench.registry.apply(changes, bench.now).empty());
  CHECK(bench.at("shop").owner == alpha);
  CHECK(bench.registry.apply({{.name = "shop", .put = {}}}, bench.now).size() == 1);
  CHECK(bench.registry.names() == 0);
  bench.enter(alpha, {.name = "shop"});
  CHECK(bench.registry.apply({{.name = "shop", .put = {}}}, bench.now).empty());
  CHECK(bench.registry.names() == 1);
}

TEST_CASE("tags that were set on a durable name outlive the return of its owner") {
  DurableBench bench;
  bench.enter(alpha, shop);
  const auto plan = bench.registry.plan_set_tags("shop", {"late"});
  REQUIRE(plan.size() == 1);
  CHECK(plan.front().put->tags == Tags{"late"});
  bench.registry.set_tags("shop", {"late"});
  CHECK(bench.registry.plan_set_tags("shop", {"late"}).empty());
  CHECK(bench.registry.apply(plan, bench.now).empty());
  bench.registry.drop_owner(alpha);
  CHECK(bench.plan(alpha, shop).empty());
  bench.enter(alpha, shop);
  CHECK(bench.at("shop").tags() == Tags{"late"});
  // A session that repeats its offer means what it says now.
  bench.enter(alpha, shop);
  CHECK(bench.at("shop").tags() == Tags{"food"});
}

TEST_CASE("a stale name is not what a call by tags means, but it is listed by them") {
  DurableBench bench;
  bench.enter(alpha, shop);
  CHECK(bench.registry.resolve("rmimeta:food").registration != nullptr);
  bench.registry.drop_owner(alpha);
  CHECK(bench.registry.resolve("rmimeta:food").registration == nullptr);
  CHECK(bench.listed({.tags = {"food"}}) == std::vector<std::string>{"shop"});
  bench.enter(alpha, shop);
  CHECK(bench.registry.resolve("rmimeta:food").registration != nullptr);
}

TEST_CASE("durable names have a limit of their own, which counts them while they are there") {
  DurableBench bench({.durable_names = 1});
  bench.enter(alpha, shop);
  CHECK_THROWS_WITH(bench.enter(alpha, alias), Contains("durable-names of this broker: 1 of 1"));
  bench.enter(alpha, {.name = "other"});
  bench.registry.drop_owner(alpha);
  bench.enter(alpha, shop);
  bench.registry.remove("shop");
  bench.enter(alpha, alias);
}
