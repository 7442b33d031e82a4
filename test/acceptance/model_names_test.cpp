// The name server: entering, finding and removing names.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

namespace {

/// A broker, and what speaks to its name server.
struct Names {
  explicit Names(Way way = Way::tcp) : broker(way), bus(quiet_bus(broker.endpoint())) {}
  /// Enters a name that stands for another one.
  std::uint64_t enter(const std::string& name, const std::set<std::string>& tags = {},
                      rmi::NameMode mode = rmi::NameMode::safe) const {
    rmi::NameOffer offer;
    offer.name = name;
    offer.tags = tags;
    offer.mode = mode;
    offer.target = "rminame:elsewhere";
    return server->enter(offer);
  }
  std::vector<std::string> list(const rmi::NameFilter& filter) const {
    std::vector<std::string> names;
    for (const auto& entry : server->list(filter))
      names.push_back(entry.name);
    return names;
  }
  rmi::NameFilter tagged(const std::set<std::string>& tags, bool any = false) const {
    rmi::NameFilter filter;
    filter.tags = tags;
    filter.any_tag = any;
    return filter;
  }

  BrokerProcess broker;
  rmi::Bus bus;
  rmi::Proxy<rmi::Names> server{bus, "rmi.names"};
};

rmi::NameFilter prefix(const std::string& text) {
  rmi::NameFilter filter;
  filter.prefix = text;
  return filter;
}
rmi::NameFilter regex(const std::string& text) {
  rmi::NameFilter filter;
  filter.regex = text;
  return filter;
}
/// Twenty names: job.0 to job.9, task.0 to task.7, one, two.
void enter_twenty(const Names& names) {
  for (int i = 0; i < 10; ++i)
    names.enter("job." + std::to_string(i));
  for (int i = 0; i < 8; ++i)
    names.enter("task." + std::to_string(i));
  names.enter("one");
  names.enter("two");
}

}  // namespace

TEST_CASE("A008 a served name is known with its interface and its owner", "[names]") {
  Stage stage(each_way());
  const auto entry = stage.proxy<rmi::Names>("rmi.names")->lookup("safe");
  CHECK(entry.name == "safe");
  CHECK(entry.interface == "model::Safe");
  CHECK(entry.tags.contains("interface:model::Safe"));
  const auto pid = stage.proxy<Worker>("parallel")->pid();
  CHECK(has(entry.owner, '[' + std::to_string(pid) + ']'));
  CHECK(entry.registration != 0);
}

TEST_CASE("A009 a name that is taken is refused, with its owner; force takes it over", "[names]") {
  Stage stage(GENERATE(Way::tcp, Way::ipc));
  rmi::Daemon daemon(quiet_daemon(stage.endpoint()));
  const auto mine = std::make_shared<Safe>();
  const auto text = caught<rmi::NameTaken>([&] { daemon.serve("pump", mine); });
  CHECK(has(text, "pump"));
  CHECK(has(text, "model-service["));
  CHECK_THROWS_AS(stage.proxy<Safe>("pump")->listed(), rmi::MethodNotFound);
  daemon.serve("pump", mine, {.mode = rmi::NameMode::replace});
  CHECK(stage.proxy<Safe>("pump")->listed() == 1);
}

TEST_CASE("A010 a daemon serves a name once, and one object under several names", "[names]") {
  Names names(each_transport());
  rmi::Daemon daemon(quiet_daemon(names.broker.endpoint()));
  const auto object = std::make_shared<Instance>();
  daemon.serve("first", object);
  CHECK_THROWS_AS(daemon.serve("first", object), std::invalid_argument);
  daemon.serve("second", object);
  CHECK(rmi::Proxy<Instance>(names.bus, "first")->next() == 1);
  CHECK(rmi::Proxy<Instance>(names.bus, "second")->next() == 2);
}

TEST_CASE("A011 an unserved name is gone; unserving an unknown one is no error", "[names]") {
  Names names(each_transport());
  rmi::Daemon daemon(quiet_daemon(names.broker.endpoint()));
  daemon.serve("here", std::make_shared<Safe>());
  const rmi::Proxy<Safe> proxy(names.bus, "here");
  CHECK(proxy->listed() == 1);
  CHECK(daemon.unserve("here"));
  CHECK_FALSE(daemon.unserve("here"));
  CHECK_FALSE(daemon.unserve("never"));
  CHECK_THROWS_AS(proxy->listed(), rmi::NameNotFound);
  daemon.serve("here", std::make_shared<Safe>());
  CHECK(proxy->listed() == 1);
}

TEST_CASE("A012 reserved and malformed names, and null pointers, are not served", "[names]") {
  Names names;
  rmi::Daemon daemon(quiet_daemon(names.broker.endpoint()));
  const auto object = std::make_shared<Safe>();
  for (const std::string& name :
       {std::string(), std::string("rmi.mine"), std::string("rmimeta:x"), std::string("@x"),
        std::string("a\nb"), std::string("\xff"), std::string(256, 'n')}) {
    CAPTURE(name);
    CHECK_THROWS_AS(daemon.serve(name, object), std::invalid_argument);
    CHECK_THROWS_AS(names.enter(name), rmi::BadArguments);
  }
  CHECK_THROWS_AS(daemon.serve("null", std::shared_ptr<Safe>()), std::invalid_argument);
}

TEST_CASE("A013 an unknown name is told with the nearest ones, and nothing has run", "[names]") {
  Stage stage(each_way());
  try {
    stage.proxy<Echo>("ecco")->text("x");
    FAIL("an exception was expected");
  } catch (const rmi::NameNotFound& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(has(error.what(), "'ecco'"));
    CHECK(has(error.what(), "'echo'"));
  }
}

TEST_CASE("A014 the names of a service that dies go at once, its calls fail at once", "[names]") {
  Stage stage(each_transport(), {"--lease", "10min"});
  auto held = stage.proxy<Worker>("parallel").async()->hold("never");
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  stage.service->process().kill();
  CHECK(caught<rmi::ConnectionLost>([&] { held.get(); }) != "(nothing)");
  CHECK(
      eventually([&] { return stage.proxy<rmi::Names>("rmi.names")->count(prefix("echo")) == 0; }));
  CHECK_THROWS_AS(stage.proxy<Echo>("echo")->text("x"), rmi::NameNotFound);
}

TEST_CASE("A015 a name is entered, looked up, and entered again by force only", "[names]") {
  Names names(each_transport());
  const auto first = names.enter("static", {"one"});
  CHECK(names.enter("static", {"two"}) == first);  // its own, once more
  rmi::Bus other(quiet_bus(names.broker.endpoint()));
  const rmi::Proxy<rmi::Names> server(other, "rmi.names");
  const auto entry = server->list(prefix("static")).at(0);
  CHECK(entry.target == "rminame:elsewhere");
  CHECK(entry.tags == std::set<std::string>{"two"});
  rmi::NameOffer offer;
  offer.name = "static";
  offer.target = "rminame:rmi.names";
  CHECK(has(caught<rmi::NameTaken>([&] { server->enter(offer); }), "static"));
  offer.mode = rmi::NameMode::replace;
  CHECK(server->enter(offer) > first);
  CHECK(server->count(prefix("static")) == 1);
  CHECK(server->lookup("static").name == "rmi.names");  // what it stands for
  CHECK_THROWS_AS(names.server->lookup("nothing"), rmi::NameNotFound);
}

TEST_CASE("A016 names are listed by prefix, by regex, and by both", "[names]") {
  Names names(each_transport());
  enter_twenty(names);
  CHECK(names.list(prefix("task.")).size() == 8);
  CHECK(names.list(prefix("nothing")).empty());
  CHECK(names.list(regex("(job|task)\\.[01]")) ==
        std::vector<std::string>{"job.0", "job.1", "task.0", "task.1"});
  CHECK(names.list(regex("job")).empty());  // a whole name is meant
  auto both = prefix("job.");
  both.regex = ".*[3-5]";
  CHECK(names.list(both) == std::vector<std::string>{"job.3", "job.4", "job.5"});
  const auto all = names.list({});
  CHECK(all.size() == names.server->count({}));
  CHECK(std::is_sorted(all.begin(), all.end()));
}

TEST_CASE("A017 a bad regex is an error that shows it", "[names]") {
  Names names;
  for (const char* bad : {"(", "[", "*", "a{2"}) {
    CAPTURE(bad);
    CHECK(has(caught<rmi::BadArguments>([&] { names.list(regex(bad)); }), bad));
    CHECK_THROWS_AS(names.server->remove_matching(regex(bad)), rmi::BadArguments);
  }
}

TEST_CASE("A018 removing tells how many names went: of twenty 1, then 11, then 8", "[names]") {
  Names names(each_transport());
  enter_twenty(names);
  const auto own = names.server->count(prefix("rmi."));
  CHECK(names.server->remove("one") == 1);
  CHECK(names.server->remove("one") == 0);
  CHECK(names.server->remove_matching(regex("job\\..|two")) == 11);
  CHECK(names.server->remove_matching(prefix("task.")) == 8);
  CHECK(names.server->remove_matching(prefix("task.")) == 0);
  CHECK(names.server->count({}) == own);
}

TEST_CASE("A019 the broker's own names cannot be removed or taken", "[names]") {
  Names names;
  CHECK_THROWS_AS(names.server->remove_matching({}), rmi::BadArguments);
  CHECK_THROWS_AS(names.enter("rmi.names", {}, rmi::NameMode::replace), rmi::BadArguments);
  caught([&] { names.server->remove("rmi.names"); });
  CHECK(names.server->remove_matching(prefix("rmi.")) == 0);
  CHECK_NOTHROW(names.server->ping());
  CHECK(names.server->lookup("rmi.names").name == "rmi.names");
}

TEST_CASE("A020 names in any script are entered, found and called", "[names]") {
  Names names(each_transport());
  const std::string name = "r\xc3\xa9sum\xc3\xa9 \xe4\xbd\xa0\xe5\xa5\xbd";
  rmi::Daemon daemon(quiet_daemon(names.broker.endpoint()));
  daemon.serve(name, std::make_shared<Safe>());
  CHECK(rmi::Proxy<Safe>(names.bus, name)->listed() == 1);
  CHECK(names.list(prefix("r\xc3\xa9")) == std::vector<std::string>{name});
}
