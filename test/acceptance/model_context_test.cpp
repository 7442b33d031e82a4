// What travels beside the arguments: notes, correlation ids, deadlines, the wish to stop.
#include <string>
#include <thread>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using namespace model;

namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

}  // namespace

TEST_CASE("A136 notes of the caller are seen by the method, whatever bytes they are",
          "[annotations]") {
  Stage stage(each_way());
  const auto notes = stage.proxy<Notes>("notes");
  CHECK(notes->received().empty());
  const std::string binary("\0\xff\n", 3);
  const auto got =
      notes.annotated({{"user", bytes_of("Ann")}, {"k", {}}, {"b", bytes_of(binary)}})->received();
  CHECK(got == std::map<std::string, std::string>{{"user", "Ann"}, {"k", ""}, {"b", binary}});
  CHECK(notes->received().empty());  // they belong to one proxy
}

TEST_CASE("A137 notes of the method come to the caller with its answer", "[annotations]") {
  Stage stage(each_way());
  rmi::Annotations answered;
  const auto notes = stage.proxy<Notes>("notes").annotated({}, &answered);
  notes->answer("cost", "42");
  CHECK(answered == rmi::Annotations{{"cost", bytes_of("42")}});
  notes->answer("other", "");
  CHECK(answered == rmi::Annotations{{"other", {}}});
}

TEST_CASE("A138 keys of notes that are malformed or the bus's own are refused", "[annotations]") {
  Stage stage(each_way());
  const auto notes = stage.proxy<Notes>("notes");
  for (const std::string& key : {std::string(), std::string("rmi.id"), std::string(256, 'k')}) {
    CAPTURE(key);
    CHECK_THROWS_AS(notes->answer(key, "x"), std::invalid_argument);
    CHECK_THROWS_AS(notes.annotated({{key, {}}})->received(), std::invalid_argument);
  }
  const std::string longest(255, 'k');
  CHECK(notes.annotated({{longest, bytes_of("x")}})->received() ==
        std::map<std::string, std::string>{{longest, "x"}});
}

TEST_CASE("A139 a method knows who calls it, by which session, and what was called", "[context]") {
  Stage stage(each_transport());
  auto options = stage.another_bus();
  options.program = "the-caller";
  rmi::Bus bus(options);
  const rmi::Proxy<Notes> notes(bus, "notes");
  CHECK(notes->program() == "the-caller");
  CHECK(notes->called() == "notes.called");
  CHECK(notes->session() == notes->session());
  CHECK(notes->session() != stage.proxy<Notes>("notes")->session());
  CHECK_FALSE(rmi::current_context());
  CHECK_THROWS_AS(rmi::context(), std::logic_error);
}

TEST_CASE("A140 a correlation id passes through three processes, and stands in their logs",
          "[correlation]") {
  Stage stage(each_transport());
  ServiceProcess second(stage.endpoint(), {"--node", "far"});
  const rmi::CorrelationScope scope("order-4711");
  const auto node = stage.proxy<Node>("node.a");
  CHECK(node->trace({"far", "node.b"}) ==
        std::vector<std::string>{"order-4711", "order-4711", "order-4711"});
  CHECK(has(caught<std::runtime_error>([&] { node->trace({"far", "node.b", "!"}); }), "route"));
  CHECK(eventually([&] {
    return has(stage.service->process().log(), "order-4711") &&
           has(second.process().log(), "order-4711");
  }));
}

TEST_CASE("A141 a call without a correlation id gets one, the same in all that it leads to",
          "[correlation]") {
  Stage stage(each_way());
  const auto node = stage.proxy<Node>("node.a");
  const auto first = node->trace({"node.b"});
  REQUIRE(first.size() == 2);
  CHECK_FALSE(first[0].empty());
  CHECK(first[0] == first[1]);
  CHECK(node->trace({})[0] != first[0]);
  CHECK_THROWS_AS(rmi::CorrelationScope(""), std::invalid_argument);
  CHECK_THROWS_AS(rmi::CorrelationScope(std::string(65, 'x')), std::invalid_argument);
}

TEST_CASE("A142 a method sees how much time is left, less than the caller gave", "[deadline]") {
  Stage stage(each_way());
  const auto worker = stage.proxy<Worker>("parallel").with_timeout(patience());
  const auto left = worker->remaining();
  CHECK(left > 0);
  CHECK(left <= patience().count());
}

TEST_CASE("A143 nested calls inherit the deadline of the call that makes them", "[deadline]") {
  Stage stage(each_way());
  const auto worker = stage.proxy<Worker>("parallel").with_timeout(patience() / 2);
  const auto left = worker->remaining_at("serial");  // its own default is longer
  CHECK(left > 0);
  CHECK(left <= patience().count() / 2);
}

TEST_CASE("A144 a caller that goes away stops its calls", "[deadline]") {
  Stage stage(each_transport());
  {
    rmi::Bus guest(stage.another_bus());
    auto held = rmi::Proxy<Worker>(guest, "parallel").async()->hold("never");
    REQUIRE(eventually([&] { return stage.count("hold.begun") == 1; }));
  }
  CHECK(eventually([&] { return stage.count("hold.stopped") == 1; }));
  ServiceProcess killed(stage.endpoint(), {"--guest", "0"});
  REQUIRE(eventually([&] { return stage.count("hold.begun") == 2; }));
  killed.process().kill();
  CHECK(eventually([&] { return stage.count("hold.stopped") == 2; }));
}
