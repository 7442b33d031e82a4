// Which instance of a class answers, how long it lives, and what ends with a session.
#include <memory>
#include <string>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

TEST_CASE("A031 single: all callers reach the same instance", "[instance]") {
  Stage stage(each_way());
  rmi::Bus other(stage.another_bus());
  const auto number = stage.proxy<Instance>("single")->number();
  CHECK(rmi::Proxy<Instance>(other, "single")->number() == number);
  CHECK(stage.proxy<Instance>("single")->next() == 1);
  CHECK(rmi::Proxy<Instance>(other, "single")->next() == 2);
}

TEST_CASE("A032 per session: the same within a session, another one in another", "[instance]") {
  Stage stage(each_transport());
  rmi::Bus other(stage.another_bus());
  const auto mine = stage.proxy<Instance>("session");
  const rmi::Proxy<Instance> theirs(other, "session");
  const auto number = mine->number();
  CHECK(mine->next() == 1);
  CHECK(mine->next() == 2);
  CHECK(stage.proxy<Instance>("session")->next() == 3);  // another proxy of that session
  CHECK(theirs->next() == 1);
  CHECK(theirs->number() != number);
  CHECK(mine->number() == number);
}

TEST_CASE("A033 per session: the instance goes with its session", "[instance]") {
  Stage stage(each_transport());
  const auto gone = stage.count("instance.gone");
  const auto made = stage.count("instance.made");
  {
    rmi::Bus other(stage.another_bus());
    rmi::Proxy<Instance>(other, "session")->next();
    CHECK(stage.count("instance.made") == made + 1);
    CHECK(stage.count("instance.gone") == gone);
  }
  CHECK(eventually([&] { return stage.count("instance.gone") == gone + 1; }));
  {
    ServiceProcess guest(stage.endpoint(), {"--guest", "0"});
    guest.process().kill();
  }
  CHECK(eventually([&] { return stage.count("instance.gone") == gone + 2; }));
  stage.proxy<Instance>("session")->next();  // mine is made now, and stays
  CHECK(stage.count("instance.made") == made + 3);
  CHECK(stage.count("instance.gone") == gone + 2);
}

TEST_CASE("A034 per call: a new instance each time, which is gone after it", "[instance]") {
  Stage stage(each_way());
  const auto proxy = stage.proxy<Instance>("percall");
  const auto before = stage.count("instance.gone");
  const auto first = proxy->number();
  CHECK(proxy->number() != first);
  CHECK(proxy->next() == 1);
  CHECK(proxy->next() == 1);
  CHECK(eventually([&] { return stage.count("instance.gone") == before + 4; }));
}

TEST_CASE("A035 a creator makes the instances, and knows for whom", "[instance]") {
  Stage stage(each_way());
  const auto session = stage.proxy<Notes>("notes")->session();
  CHECK(session != 0);
  CHECK(stage.proxy<Instance>("created")->label() == "created for " + std::to_string(session));
}

TEST_CASE("A036 what a creator throws goes to the caller, and it is asked again next time",
          "[instance]") {
  Stage stage(each_way());
  const auto proxy = stage.proxy<Instance>("refuses");
  CHECK(caught<std::domain_error>([&] { proxy->number(); }) == "not today");
  CHECK(caught<std::domain_error>([&] { proxy->number(); }) == "not today");
  CHECK(stage.count("refused") == 2);
}

TEST_CASE("A037 a creator that gives nothing is an error that says so", "[instance]") {
  Stage stage(each_way());
  const auto text = caught([&] { stage.proxy<Instance>("null")->number(); });
  CHECK(has(text, "null"));
  CHECK_FALSE(has(text, "(nothing)"));
  CHECK(stage.proxy<Instance>("percall")->next() == 1);
}

TEST_CASE("A038 resources of a session are closed when it ends, the last one first", "[session]") {
  Stage stage(each_transport());
  {
    rmi::Bus other(stage.another_bus());
    const rmi::Proxy<Notes> notes(other, "notes");
    notes->track("closed");
    notes->track("closed");
    const auto third = notes->track("closed");
    CHECK(notes->untrack(third));
    CHECK_FALSE(notes->untrack(third));
    CHECK(stage.count("closed") == 0);
  }
  CHECK(eventually([&] { return stage.count("closed") >= 2; }));
  CHECK(stage.proxy<Notes>("notes")->session() != 0);
  CHECK(stage.count("closed") == 2);
}

namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

struct Hooked {
  explicit Hooked(Way way) : broker(way), service(broker.endpoint(), {"--hooks"}) {}
  rmi::Bus::Options bus_with(const rmi::Annotations& data) const {
    auto options = quiet_bus(broker.endpoint());
    options.session_data = data;
    options.program = "guest";
    return options;
  }
  BrokerProcess broker;
  ServiceProcess service;
};

}  // namespace

TEST_CASE("A039 a hook sees who begins a session, and answers with data of its own", "[session]") {
  Hooked hooked(each_transport());
  rmi::Bus bus(hooked.bus_with({{"badge", bytes_of("gold")}}));
  rmi::Annotations answered;
  const rmi::Proxy<Record> record(bus, "record");
  CHECK(record.annotated({}, &answered)->count("session.begun") == 1);
  REQUIRE(answered.contains("seen"));
  CHECK(answered["seen"] == bytes_of("gold"));
  answered.clear();
  CHECK(record.annotated({}, &answered)->count("session.begun") == 1);  // it asks once
  CHECK(answered.empty());
  CHECK(record->notes("sessions") == std::vector<std::string>{"guest"});
}

TEST_CASE("A040 a hook refuses a session: its calls fail and have not run", "[session]") {
  Hooked hooked(each_transport());
  rmi::Bus refused(hooked.bus_with({{"badge", {}}}));
  for (int i = 0; i < 2; ++i) {
    try {
      rmi::Proxy<Echo>(refused, "echo")->text("x");
      FAIL("an exception was expected");
    } catch (const rmi::AccessDenied& error) {
      CHECK(error.outcome() == rmi::Outcome::not_executed);
      CHECK(has(error.what(), "an empty badge opens nothing"));
    }
  }
  rmi::Bus welcome(hooked.bus_with({}));
  CHECK(rmi::Proxy<Echo>(welcome, "echo")->text("x") == "x");
}

TEST_CASE("A041 a hook is told when a session ends that it let in", "[session]") {
  Hooked hooked(each_transport());
  rmi::Bus watcher(hooked.bus_with({}));
  const rmi::Proxy<Record> record(watcher, "record");
  CHECK(record->count("session.ended") == 0);
  {
    rmi::Bus refused(hooked.bus_with({{"badge", {}}}));
    CHECK_THROWS_AS(rmi::Proxy<Echo>(refused, "echo")->text("x"), rmi::AccessDenied);
    rmi::Bus guest(hooked.bus_with({}));
    rmi::Proxy<Echo>(guest, "echo")->text("x");
    CHECK(record->count("session.begun") == 2);
  }
  CHECK(eventually([&] { return record->count("session.ended") == 1; }));
}
