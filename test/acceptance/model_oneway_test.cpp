// Calls without an answer, and many calls in one message.
#include <chrono>
#include <string>
#include <vector>

#include "stage.hpp"

using namespace acceptance;
using namespace model;
using std::chrono::steady_clock;

namespace {

/// Longest time that "at once" may take: far more than it does, less than the second that the
/// method takes; longer where all is slow.
const auto at_once = std::max<std::chrono::milliseconds>(200ms, patience() / 300);
constexpr int one_second = 1000;

}  // namespace

TEST_CASE("A078 a oneway returns at once, though its method takes a second", "[oneway]") {
  Stage stage(each_transport());
  const auto serial = stage.proxy<Worker>("serial");
  serial->add(0);  // all is connected
  const auto begin = steady_clock::now();
  serial->post(one_second, "done");
  CHECK(steady_clock::now() - begin < at_once);
  CHECK(stage.record()->notes("posts").empty());
  CHECK(eventually([&] { return stage.record()->notes("posts").size() == 1; }));
}

TEST_CASE("A079 a oneway that runs holds up no call of another object", "[oneway]") {
  Stage stage(each_transport());
  const auto serial = stage.proxy<Worker>("serial");
  serial->post(one_second, "done");
  CHECK(stage.proxy<Worker>("parallel")->add(1) == 1);
  CHECK(stage.proxy<Echo>("echo")->text("x") == "x");
  CHECK(stage.record()->notes("posts").empty());  // it still runs
  CHECK(serial->add(1) == 1);                     // after it: one at a time
  CHECK(stage.record()->notes("posts").size() == 1);
}

TEST_CASE("A080 oneways and other calls of one caller keep their order", "[oneway]") {
  Stage stage(each_way());
  const auto serial = stage.proxy<Worker>("serial");
  std::vector<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    expected.push_back(std::to_string(i));
    serial->post(0, expected.back());
    if (i % 50 == 49) serial->add(1);
  }
  CHECK(serial->add(0) == 6);
  CHECK(stage.record()->notes("posts") == expected);
}

TEST_CASE("A081 a caller makes any call oneway; it runs, its result is thrown away", "[oneway]") {
  Stage stage(each_way());
  const auto serial = stage.proxy<Worker>("serial");
  CHECK(serial.oneway()->add(5) == 0);
  CHECK(serial->add(0) == 5);
  CHECK_NOTHROW(serial.oneway()->fail("not for the caller"));
  CHECK(serial->add(1) == 6);
}

TEST_CASE("A082 a oneway to nobody throws nothing, and is logged at the caller", "[oneway]") {
  Stage stage(each_transport());
  auto options = stage.another_bus();
  std::mutex mutex;
  std::string log;
  options.log = [&](const rmi::LogLine& line) {
    const std::lock_guard lock(mutex);
    log += line.text;
  };
  rmi::Bus bus(options);
  CHECK_NOTHROW(rmi::Proxy<Worker>(bus, "nobody")->post(0, "x"));
  CHECK(eventually([&] {
    const std::lock_guard lock(mutex);
    return has(log, "nobody");
  }));
}

TEST_CASE("A083 the broker counts oneways, and keeps no slot for them", "[oneway]") {
  Stage stage(GENERATE(Way::tcp, Way::ipc));
  const rmi::Proxy<rmi::BrokerControl> broker(stage.bus, "rmi.broker");
  const auto before = broker->info().counters.at("oneways");
  const auto serial = stage.proxy<Worker>("serial");
  for (int i = 0; i < 500; ++i)
    serial.oneway()->add(1);
  CHECK(serial->add(0) == 500);
  const auto info = broker->info();
  CHECK(info.counters.at("oneways") == before + 500);
  CHECK(info.in_flight == 0);
}

TEST_CASE("A084 a batch gives typed results, in order", "[batch]") {
  Stage stage(each_way());
  rmi::Batch<Echo> batch(stage.proxy<Echo>("echo"));
  auto text = batch->text("x");
  auto numbers = batch->numbers({1.5});
  auto nothing = batch->nothing();
  CHECK(batch.size() == 3);
  CHECK_FALSE(text.ready());
  CHECK_THROWS_AS(text.get(), std::logic_error);
  batch.run();
  CHECK(text.get() == "x");
  CHECK(text.get() == "x");  // again
  CHECK(numbers.get() == std::vector<double>{1.5});
  CHECK_NOTHROW(nothing.get());
}

TEST_CASE("A085 a batch runs in order and stops at the first error", "[batch]") {
  Stage stage(each_way());
  const auto serial = stage.proxy<Worker>("serial");
  rmi::Batch<Worker> batch(serial);
  auto one = batch->add(1);
  auto three = batch->add(2);
  auto bad = batch->fail("stop here");
  auto never = batch->add(100);
  batch.run();
  CHECK(one.get() == 1);
  CHECK(three.get() == 3);
  CHECK(caught<std::domain_error>([&] { bad.get(); }) == "stop here");
  try {
    never.get();
    FAIL("an exception was expected");
  } catch (const rmi::Cancelled& error) {
    CHECK(error.outcome() == rmi::Outcome::not_executed);
    CHECK(has(error.what(), "fail"));
  }
  CHECK(serial->add(0) == 3);
}

TEST_CASE("A086 a batch is empty after it has run, and is used again", "[batch]") {
  Stage stage(each_way());
  rmi::Batch<Worker> batch(stage.proxy<Worker>("serial"));
  CHECK_NOTHROW(batch.run());  // nothing to do
  for (int round = 1; round <= 3; ++round) {
    auto sum = batch->add(1);
    batch.run();
    CHECK(batch.size() == 0);
    CHECK(sum.get() == round);
  }
}

TEST_CASE("A087 a oneway batch returns at once, and all of it runs in order", "[batch]") {
  Stage stage(each_transport());
  const auto serial = stage.proxy<Worker>("serial");
  serial->add(0);
  rmi::Batch<Worker> batch(serial);
  batch->pause(one_second);
  batch->add(2);
  batch->add(3);
  const auto begin = steady_clock::now();
  batch.post();
  CHECK(steady_clock::now() - begin < at_once);
  CHECK(batch.size() == 0);
  CHECK(serial->add(0) == 5);
}

TEST_CASE("A088 a batch runs without waiting for it", "[batch]") {
  Stage stage(each_way());
  rmi::Batch<Worker> batch(stage.proxy<Worker>("serial"));
  auto sum = batch->add(4);
  auto done = batch.start();
  done.get();
  CHECK(sum.get() == 4);
}

TEST_CASE("A089 a batch of twenty thousand calls is one message", "[batch]") {
  Stage stage(each_transport());
  const rmi::Proxy<rmi::BrokerControl> broker(stage.bus, "rmi.broker");
  rmi::Batch<Worker> batch(stage.proxy<Worker>("serial"));
  std::vector<rmi::BatchResult<int>> sums;
  for (int i = 0; i < 20'000; ++i)
    sums.push_back(batch->add(1));
  const auto before = broker->info().counters.at("accepted");
  batch.run();
  CHECK(broker->info().counters.at("accepted") == before + 1);
  CHECK(sums.front().get() == 1);
  CHECK(sums.back().get() == 20'000);
}

TEST_CASE("A090 a batch to nobody throws, and so does each of its results", "[batch]") {
  Stage stage(each_way());
  rmi::Batch<Worker> batch(stage.proxy<Worker>("nobody"));
  auto sum = batch->add(1);
  CHECK_THROWS_AS(batch.run(), rmi::NameNotFound);
  CHECK_THROWS_AS(sum.get(), rmi::NameNotFound);
}
