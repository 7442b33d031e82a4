// Finding objects by tags, and waiting for names.
#include <memory>
#include <set>
#include <string>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

namespace {

using Tags = std::set<std::string>;

/// A broker and three objects with tags.
struct Tagged {
  explicit Tagged(Way way = Way::tcp) : broker(way), bus(quiet_bus(broker.endpoint())) {
    daemon.serve("red.car", std::make_shared<Safe>(), {.tags = {"car", "red"}});
    daemon.serve("blue.car", std::make_shared<Safe>(), {.tags = {"car", "blue"}});
    daemon.serve("bicycle", std::make_shared<Instance>(), {.tags = {"red"}});
  }
  Tags list(const Tags& tags, bool any = false) const {
    rmi::NameFilter filter;
    filter.tags = tags;
    filter.any_tag = any;
    Tags names;
    for (const auto& entry : server->list(filter))
      names.insert(entry.name);
    CHECK(server->count(filter) == names.size());
    return names;
  }
  BrokerProcess broker;
  rmi::Daemon daemon{quiet_daemon(broker.endpoint())};
  rmi::Bus bus;
  rmi::Proxy<rmi::Names> server{bus, "rmi.names"};
};

}  // namespace

TEST_CASE("A021 objects are found by all of several tags, or by any", "[tags]") {
  Tagged tagged(each_transport());
  CHECK(tagged.list({"car"}) == Tags{"red.car", "blue.car"});
  CHECK(tagged.list({"car", "red"}) == Tags{"red.car"});
  CHECK(tagged.list({"car", "red"}, true) == Tags{"red.car", "blue.car", "bicycle"});
  CHECK(tagged.list({"blue", "red"}).empty());
}

TEST_CASE("A022 an unknown tag finds nothing; no tag does not narrow", "[tags]") {
  Tagged tagged;
  CHECK(tagged.list({"green"}).empty());
  CHECK(tagged.list({"green", "red"}).empty());
  CHECK(tagged.list({"green", "blue"}, true) == Tags{"blue.car"});
  CHECK(tagged.list({"Red"}).empty());  // case counts
  CHECK(tagged.list({}).size() == tagged.server->count({}));
  CHECK(tagged.list({""}).empty());
}

TEST_CASE("A023 tags are read and replaced, duplicates count once", "[tags]") {
  Tagged tagged(each_transport());
  CHECK(tagged.server->tags("bicycle").contains("red"));
  tagged.server->set_tags("bicycle", {"blue", "blue", "old"});
  CHECK(tagged.server->tags("bicycle") == Tags{"blue", "old"});
  CHECK(tagged.list({"blue"}) == Tags{"blue.car", "bicycle"});
  CHECK(tagged.list({"red"}) == Tags{"red.car"});
  tagged.server->set_tags("bicycle", {});
  CHECK(tagged.server->tags("bicycle").empty());
  CHECK_THROWS_AS(tagged.server->tags("nothing"), rmi::NameNotFound);
  CHECK_THROWS_AS(tagged.server->set_tags("nothing", {"x"}), rmi::NameNotFound);
  CHECK_THROWS_AS(tagged.server->set_tags("bicycle", {"a\nb"}), rmi::BadArguments);
}

TEST_CASE("A024 a proxy of tags calls an object that has all of them", "[tags]") {
  Tagged tagged(each_transport());
  CHECK(rmi::Proxy<Safe>(tagged.bus, "rmimeta:car,red")->listed() == 1);
  CHECK(rmi::Proxy<Instance>(tagged.bus, "rmimeta:interface:model::Instance")->next() == 1);
  CHECK(rmi::Proxy<Instance>(tagged.bus, "rmimeta:red,red,interface:model::Instance")->next() == 2);
}

TEST_CASE("A025 tags that nobody has are told, and nothing has run", "[tags]") {
  Tagged tagged(each_transport());
  try {
    rmi::Proxy<Safe>(tagged.bus, "rmimeta:car,green")->listed();
    FAIL("an exception was expected");
  } catch (const rmi::NameNotFound& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(has(error.what(), "green"));
  }
  CHECK_THROWS_AS(rmi::Proxy<Safe>(tagged.bus, "rmimeta:red,blue")->listed(), rmi::NameNotFound);
}

TEST_CASE("A026 every object has the tag of its interface by itself", "[tags]") {
  Stage stage;
  rmi::NameFilter filter;
  filter.tags = {"interface:model::Node"};
  std::set<std::string> names;
  for (const auto& entry : stage.proxy<rmi::Names>("rmi.names")->list(filter))
    names.insert(entry.name);
  CHECK(names == Tags{"node.a", "node.b"});
}

TEST_CASE("A027 a call waits for a name that comes later", "[wait]") {
  Tagged tagged(each_transport());
  auto later = rmi::Proxy<Safe>(tagged.bus, "late").waiting().async()->listed();
  const rmi::Proxy<rmi::BrokerControl> broker(tagged.bus, "rmi.broker");
  REQUIRE(eventually([&] { return broker->info().waiting == 1; }));
  CHECK_FALSE(later.ready());
  tagged.daemon.serve("late", std::make_shared<Safe>());
  CHECK(later.get() == 1);
}

TEST_CASE("A028 a call does not wait longer than its time for a name", "[wait]") {
  Tagged tagged(each_transport());
  const rmi::Proxy<Safe> never(tagged.bus, "never");
  CHECK_THROWS_AS(never.waiting().with_timeout(200ms)->listed(), rmi::TimeoutError);
  CHECK_THROWS_AS(never.wait(200ms), rmi::TimeoutError);
  CHECK_THROWS_AS(tagged.bus.wait_for("never", 200ms), rmi::TimeoutError);
  CHECK(has(caught<rmi::TimeoutError>([&] { never.wait(1ms); }), "never"));
}

TEST_CASE("A029 proxy.wait and bus.wait_for return when the name is there", "[wait]") {
  Tagged tagged(each_transport());
  tagged.bus.wait_for("bicycle", patience());  // at once
  rmi::Bus other(quiet_bus(tagged.broker.endpoint()));
  std::thread first([&] { rmi::Proxy<Safe>(other, "late").wait(patience()); });
  std::thread second([&] { other.wait_for("late", patience()); });
  const rmi::Proxy<rmi::BrokerControl> broker(tagged.bus, "rmi.broker");
  CHECK(eventually([&] { return broker->info().waiting == 2; }));
  tagged.daemon.serve("late", std::make_shared<Safe>());
  first.join();
  second.join();
  CHECK(rmi::Proxy<Safe>(other, "late")->listed() == 1);
}

TEST_CASE("A030 rmi-ns wait ends when the name is there, or with 4 when it does not come",
          "[wait]") {
  Tagged tagged(each_transport());
  const auto ns = program("RMI_NS_PROGRAM");
  const rmi::Proxy<rmi::BrokerControl> broker(tagged.bus, "rmi.broker");
  Process waiting({ns, "wait", "late", "--broker", tagged.broker.endpoint()});
  REQUIRE(eventually([&] { return broker->info().waiting == 1; }));
  tagged.daemon.serve("late", std::make_shared<Safe>());
  CHECK(waiting.wait() == 0);
  CHECK(waiting.rest().starts_with("late is there"));
  Process never({ns, "wait", "never", "--timeout", "200ms", "--broker", tagged.broker.endpoint()});
  CHECK(never.wait() == 4);
}
