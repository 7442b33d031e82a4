// Calls through a broker: results, exceptions, and every error a caller can be told of.
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <latch>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "test/integration/fixture.hpp"

namespace workshop {

struct Part {
  std::string name;
  std::vector<std::map<std::string, double>> sizes;
  std::optional<std::int64_t> number;
  bool operator==(const Part&) const = default;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(sizes), CEREAL_NVP(number));
  }
};

class Bench {
 public:
  std::string greet(const std::string& name) const noexcept { return "Hi welcome " + name; }
  int add(int a, int b) { return a + b; }
  Part turn(Part part) {
    part.name += " turned";
    return part;
  }
  std::unique_ptr<int> box(std::unique_ptr<int> value) { return value; }
  void nothing() {}
  void fail(const std::string& text) { throw std::out_of_range(text); }
  std::string large(std::uint64_t size) { return std::string(size, 'x'); }
  int hold() {
    ++held;
    release.wait();
    return 1;
  }
  std::atomic<int> held{0};
  std::latch release{1};
};
RMI_INTERFACE(Bench, greet, add, turn, box, nothing, fail, large, hold)

/// The same name with other signatures, as an old client would have it.
class OldBench {
 public:
  double add(double a, double b) { return a + b; }
  void sub() {}
};
RMI_INTERFACE(OldBench, add, sub)

}  // namespace workshop

using namespace rmi_test;
using workshop::Bench;

namespace {

struct Shop {
  explicit Shop(const std::string& endpoint = "tcp://127.0.0.1:*", rmi::ServeOptions options = {})
      : broker(quiet_broker(endpoint)), daemon(quiet_daemon(broker.endpoint())) {
    daemon.serve("bench", bench, std::move(options));
  }
  std::shared_ptr<Bench> bench = std::make_shared<Bench>();
  rmi::EmbeddedBroker broker;
  rmi::Daemon daemon;
  rmi::Bus bus{quiet_bus(broker.endpoint())};
  rmi::Proxy<Bench> proxy{bus, "bench"};
};

template <class E, class Call>
std::string text_of(Call call, rmi::Outcome outcome) {
  try {
    call();
  } catch (const E& error) {
    CHECK(error.outcome() == outcome);
    return error.what();
  }
  return "no error of that class";
}

/// Whether an error says that. The daemon's word is waited for some 200 ms before broker or caller
/// speak, which a machine that is busy enough exceeds now and then.
bool says(std::string_view word, rmi::Outcome outcome, const std::function<void()>& call) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    try {
      call();
      return false;
    } catch (const rmi::TimeoutError& error) {
      const std::string_view text = error.what();
      if (text.find(word) != text.npos && text.find("no answer from") == text.npos)
        return error.outcome() == outcome;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("methods are called as if they were local, over tcp and ipc") {
  const bool ipc = GENERATE(false, true);
  const TempFolder folder;
  const std::string endpoint = ipc ? "ipc://" + folder.file("with space") : "tcp://127.0.0.1:*";
  Shop shop(endpoint);
  CHECK(shop.proxy->greet("Rashmi") == "Hi welcome Rashmi");
  CHECK(shop.proxy->greet("\xE4\xB8\x96\xE7\x95\x8C \xF0\x9F\x91\x8B") ==
        "Hi welcome \xE4\xB8\x96\xE7\x95\x8C \xF0\x9F\x91\x8B");
  CHECK(shop.proxy->greet("") == "Hi welcome ");
  CHECK(shop.proxy->greet(std::string("a\0b", 3)) == std::string("Hi welcome a\0b", 14));
  CHECK(shop.proxy->add(2, 3) == 5);
  const workshop::Part part{"axle", {{{"d", 1.5}, {"l", 20}}, {}}, 42};
  workshop::Part turned = part;
  turned.name = "axle turned";
  CHECK(shop.proxy->turn(part) == turned);
  CHECK(*shop.proxy->box(std::make_unique<int>(7)) == 7);
  CHECK(shop.proxy->box(nullptr) == nullptr);
  shop.proxy->nothing();
}

TEST_CASE("an exception of a method arrives as its type, with where it was thrown") {
  Shop shop;
  CHECK_THROWS_AS(shop.proxy->fail("gone"), std::out_of_range);
  try {
    shop.proxy->fail("gone");
  } catch (const rmi::RemoteInfo& info) {
    CHECK(info.type == "std::out_of_range");
    CHECK(info.text == "gone");
    CHECK(info.object == "bench");
    CHECK(info.method == "fail");
    CHECK_FALSE(info.host.empty());
    CHECK(info.process.find('[') != std::string::npos);
  }
}

TEST_CASE("a name that nobody serves is told at once, with the nearest names") {
  Shop shop;
  rmi::Proxy<Bench> nobody(shop.bus, "bensh");
  const auto text =
      text_of<rmi::NameNotFound>([&] { nobody->nothing(); }, rmi::Outcome::not_executed);
  CHECK(text.find("bensh") != std::string::npos);
  CHECK(text.find("did you mean 'bench'?") != std::string::npos);
}

TEST_CASE("a method that does not exist is told with the nearest ones") {
  Shop shop;
  rmi::Proxy<workshop::OldBench> old(shop.bus, "bench");
  const auto text = text_of<rmi::MethodNotFound>([&] { old->sub(); }, rmi::Outcome::not_executed);
  CHECK(text.find("'bench' has no method 'sub'") != std::string::npos);
}

TEST_CASE("a caller built against another signature is told both before anything is decoded") {
  Shop shop;
  rmi::Proxy<workshop::OldBench> old(shop.bus, "bench");
  const auto text =
      text_of<rmi::SignatureMismatch>([&] { old->add(1, 2); }, rmi::Outcome::not_executed);
  CHECK(text == "server has add(i32, i32) -> i32, caller has add(f64, f64) -> f64");
}

TEST_CASE("a call that runs out of time says whether it was queued or running") {
  Shop shop;
  auto holder = std::async(std::launch::async, [&] { return shop.proxy->hold(); });
  REQUIRE(eventually([&] { return shop.bench->held == 1; }));
  CHECK(
      says("queued", rmi::Outcome::not_executed, [&] { shop.proxy.with_timeout(2s)->nothing(); }));
  shop.bench->release.count_down();
  CHECK(holder.get() == 1);

  CHECK(says("running", rmi::Outcome::unknown, [] {
    Shop other;
    try {
      other.proxy.with_timeout(2s)->hold();
    } catch (...) {
      other.bench->release.count_down();
      CHECK(other.proxy->add(1, 1) == 2);
      throw;
    }
  }));
}

TEST_CASE("a serialized object runs one call at a time, a concurrent one several") {
  Shop serialized;
  std::thread first([&] { serialized.proxy->hold(); });
  REQUIRE(eventually([&] { return serialized.bench->held == 1; }));
  std::thread second([&] { serialized.proxy->hold(); });
  CHECK_THROWS_AS(serialized.proxy.with_timeout(200ms)->nothing(), rmi::TimeoutError);
  CHECK(serialized.bench->held == 1);
  serialized.bench->release.count_down();
  first.join();
  second.join();

  Shop concurrent("tcp://127.0.0.1:*", {.concurrent = true});
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] { concurrent.proxy->hold(); });
  CHECK(eventually([&] { return concurrent.bench->held == 4; }));
  concurrent.bench->release.count_down();
  for (auto& caller : callers)
    caller.join();
}

TEST_CASE("messages over a limit are refused by name, and the connection lives on") {
  Shop shop;
  auto options = quiet_bus(shop.broker.endpoint());
  options.max_message = 10000;
  rmi::Bus small(std::move(options));
  rmi::Proxy<Bench> proxy(small, "bench");
  const auto text = text_of<rmi::MessageTooLarge>([&] { proxy->greet(std::string(20000, 'x')); },
                                                  rmi::Outcome::not_executed);
  CHECK(text.find("bench.greet") != std::string::npos);
  CHECK(text.find("10000 bytes") != std::string::npos);
  CHECK(proxy->add(1, 2) == 3);
  CHECK(shop.proxy->large(1U << 20U).size() == 1U << 20U);
  CHECK(
      text_of<rmi::MessageTooLarge>([&] { shop.proxy->large(65U << 20U); }, rmi::Outcome::executed)
          .find("bench.large ran, but its result") != std::string::npos);
  CHECK(shop.proxy->add(1, 2) == 3);
}

TEST_CASE("many threads share one bus and each gets its own results") {
  Shop shop("tcp://127.0.0.1:*", {.concurrent = true});
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  for (int t = 0; t < 16; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        if (shop.proxy->add(t, i) == t + i) ++right;
    });
  for (auto& caller : callers)
    caller.join();
  CHECK(right == 16 * 200);
}

TEST_CASE("an object is called without its header, checked against its published signature") {
  Shop shop;
  rmi::AnyProxy any(shop.bus, "bench");
  CHECK(any.call<std::string>("greet", "Rashmi") == "Hi welcome Rashmi");
  CHECK(any.call<int>("add", 2, 3) == 5);
  any.call("nothing");
  any.call("add", 1, 1);
  any.ping();
  CHECK(text_of<rmi::SignatureMismatch>([&] { any.call<double>("add", 1.0, 2.0); },
                                        rmi::Outcome::not_executed) ==
        "server has add(i32, i32) -> i32, caller has add(f64, f64) -> f64");
  CHECK(text_of<rmi::MethodNotFound>([&] { any.call("ad", 1, 1); }, rmi::Outcome::not_executed) ==
        "'bench' has no method 'ad'; did you mean 'add'?");
  CHECK(any.call_json("greet", R"(["Rashmi"])") == R"("Hi welcome Rashmi")");
  CHECK(any.call_json("add", "[2, 3]") == "5");
  CHECK(any.call_json("turn", R"([{"name":"a","sizes":[{"d":1.5}],"number":null}])") ==
        R"({"name":"a turned","sizes":[{"d":1.5}],"number":null})");
  const auto wrong = text_of<rmi::BadArguments>([&] { any.call_json("add", R"([1, "x"])"); },
                                                rmi::Outcome::not_executed);
  CHECK(wrong == "argument 2: expected i32, got \"x\"");
}

TEST_CASE("a proxy takes names and rminame URIs of its own broker only") {
  Shop shop;
  CHECK(rmi::Proxy<Bench>(shop.bus, "rminame:bench")->add(1, 1) == 2);
  CHECK(rmi::Proxy<Bench>(shop.bus, "rminame:bench@" + shop.broker.endpoint())->add(1, 1) == 2);
  CHECK_THROWS_AS(rmi::Proxy<Bench>(shop.bus, "rminame:bench@tcp://127.0.0.1:9"), rmi::UriError);
  CHECK_THROWS_AS(rmi::Proxy<Bench>(shop.bus, ""), rmi::UriError);
  CHECK_THROWS_AS(shop.proxy.with_timeout(0ms), std::invalid_argument);
}
