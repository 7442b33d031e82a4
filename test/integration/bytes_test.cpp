// Large bytes, and objects that pass calls on undecoded.
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"

namespace depot {

/// Keeps blobs, and hands them on.
class Depot {
 public:
  rmi::Blob echo(rmi::Blob blob) { return blob; }
  std::uint64_t put(const std::string& name, const rmi::Blob& blob) {
    const std::lock_guard lock(mutex_);
    blobs_[name] = blob;
    return reinterpret_cast<std::uintptr_t>(blob.data());
  }
  rmi::Blob get(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return blobs_[name];
  }
  void post(const std::string& name, const rmi::Blob& blob) { put(name, blob); }
  rmi::Future<rmi::Blob> later(const rmi::Blob& blob);
  /// What is sent on may overwrite the beginning of the message that it came in.
  void hand_on_and_fail_with_the_names_of_this_very_call(const rmi::Blob& blob);
  rmi::Bus* bus = nullptr;

 private:
  std::mutex mutex_;
  std::map<std::string, rmi::Blob> blobs_;
};
RMI_INTERFACE(Depot, echo, put, get, (post, rmi::oneway), later,
              hand_on_and_fail_with_the_names_of_this_very_call)

rmi::Future<rmi::Blob> Depot::later(const rmi::Blob& blob) {
  return rmi::Proxy<Depot>(*bus, "d").async()->get("").then(
      [blob](const rmi::Blob&) { return blob; });
}
void Depot::hand_on_and_fail_with_the_names_of_this_very_call(const rmi::Blob& blob) {
  rmi::Proxy<Depot>(*bus, "d")->put("handed on", blob);
  throw std::domain_error("after that");
}

}  // namespace depot

using namespace rmi_test;
using namespace model;
using depot::Depot;

namespace {

constexpr rmi::Path every_path[] = {rmi::Path::brokered, rmi::Path::direct, rmi::Path::in_process};

rmi::Blob built(std::size_t size, unsigned step = 7) {
  rmi::BlobBuilder builder(size);
  for (std::size_t i = 0; i < size; ++i)
    builder.bytes()[i] = static_cast<std::byte>(i * step + (i >> 9U));
  return std::move(builder).build();
}

/// The same bytes, in memory of which no message is made.
rmi::Blob copy_of(const rmi::Blob& blob) {
  return rmi::Blob(std::vector<std::byte>(blob.begin(), blob.end()));
}

struct Fixture {
  rmi::EmbeddedBroker broker{quiet_broker()};
  rmi::Daemon daemon{[this] {
    auto options = quiet_daemon(broker.endpoint());
    options.listen = "tcp://127.0.0.1:*";
    return options;
  }()};
  rmi::Bus bus{quiet_bus(broker.endpoint())};
  std::shared_ptr<Front> front;

  Fixture() {
    daemon.serve("store", std::make_shared<Store>());
    daemon.serve("counter", std::make_shared<Counter>());
    front = std::make_shared<Front>(daemon.bus(), "counter");
    daemon.serve("front", front);
    daemon.serve("gate", std::make_shared<Front>(daemon.bus(), "store"));
    const auto depot = std::make_shared<Depot>();
    depot->bus = &daemon.bus();
    daemon.serve("d", depot, {.concurrent = true});
  }
  rmi::Proxy<Depot> depot(rmi::Path path) { return rmi::Proxy<Depot>(bus, "d").over(path); }
};

}  // namespace

TEST_CASE("bytes travel both ways and outlive the message that they came in") {
  Fixture f;
  rmi::Proxy<Store> store(f.bus, "store");
  std::vector<std::byte> bytes(std::size_t{8} << 20U);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i * 7);
  const rmi::Blob sent(bytes);
  rmi::Blob back = store->keep(sent);
  CHECK(back == sent);
  CHECK(store->size() == sent.size());
  CHECK(store->keep(rmi::Blob()).empty());
  CHECK(back == sent);
  CHECK(store.async()->keep(back.slice(100, 50)).get() == sent.slice(100, 50));
}

TEST_CASE("large bytes arrive as they are on every path, as arguments, as results and as both") {
  Fixture f;
  const rmi::Blob blob = built(5'000'000);
  const rmi::Blob expected = copy_of(blob);
  for (const rmi::Path path : every_path) {
    const auto depot = f.depot(path);
    for (const rmi::Blob& sent : {blob, expected, blob.slice(0, 70'000), blob.slice(3)}) {
      const rmi::Blob check = copy_of(sent);
      depot->put("one", sent);
      CHECK(depot->get("one") == check);
      CHECK(depot->echo(sent) == check);
      CHECK(depot.async()->echo(sent).get() == check);
      CHECK(depot->later(sent) == check);
      depot->post("posted", sent);
      CHECK(eventually([&] { return depot->get("posted") == check; }));
      depot->post("posted", rmi::Blob());
    }
    CHECK(blob == expected);
  }
}

TEST_CASE("a blob that was received can be sent on, and again") {
  Fixture f;
  const rmi::Blob expected = copy_of(built(200'000));
  for (const rmi::Path path : every_path) {
    const auto depot = f.depot(path);
    rmi::Blob blob = built(200'000);
    for (int i = 0; i < 4; ++i) {
      const rmi::Blob next = depot->echo(blob);
      depot->put("from " + std::to_string(i), blob);
      CHECK(blob == expected);
      blob = next;
    }
    for (int i = 0; i < 4; ++i)
      CHECK(depot->get("from " + std::to_string(i)) == expected);
    rmi::Proxy<Depot> second(f.bus, "d");
    second->put("passed", depot->get("from 3"));
    CHECK(second->get("passed") == expected);
  }
}

TEST_CASE("a method that has sent its argument on still answers under its own name") {
  Fixture f;
  const rmi::Blob blob = built(200'000);
  for (const rmi::Path path : every_path) {
    const auto depot = f.depot(path);
    try {
      depot->hand_on_and_fail_with_the_names_of_this_very_call(blob);
      FAIL("it did not throw");
    } catch (const std::domain_error& error) {
      CHECK(error.what() == std::string("after that"));
      const auto* info = dynamic_cast<const rmi::RemoteInfo*>(&error);
      REQUIRE(info != nullptr);
      CHECK(info->object == "d");
      CHECK(info->method == "hand_on_and_fail_with_the_names_of_this_very_call");
    }
    CHECK(depot->get("handed on") == blob);
  }
}

TEST_CASE("within a process the bytes stay where they are, both ways") {
  Fixture f;
  const auto depot = f.depot(rmi::Path::in_process);
  const rmi::Blob blob = built(200'000);
  const auto address = reinterpret_cast<std::uintptr_t>(blob.data());
  CHECK(depot->put("here", blob) == address);
  CHECK(depot->get("here").data() == blob.data());
  depot->put("here", rmi::Blob());  // lets go of the message that has the room
  CHECK(depot->echo(blob).data() == blob.data());
  const rmi::Blob copied = copy_of(blob);
  CHECK(depot->echo(copied).data() != copied.data());
}

TEST_CASE("a blob can be sent by many threads at once") {
  Fixture f;
  const rmi::Blob blob = built(300'000);
  const rmi::Blob expected = copy_of(blob);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const auto depot = f.depot(every_path[t % 3]);
      const std::string name = std::string(static_cast<std::size_t>(t) * 10, 'n') + "ame";
      for (int i = 0; i < 10; ++i) {
        if (depot->echo(blob) != expected) ++wrong;
        depot->put(name, blob);
        if (depot->get(name) != expected) ++wrong;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(wrong == 0);
  CHECK(blob == expected);
}

TEST_CASE("a raw object passes on calls, results and errors that it cannot decode") {
  Fixture f;
  rmi::Proxy<Counter> front(f.bus, "front");
  CHECK(front->add(4) == 4);
  CHECK(front->add(3) == 7);
  CHECK_THROWS_AS(front->fail("through the front"), std::domain_error);
  CHECK(f.front->calls == 3);
  rmi::Proxy<Store> gate(f.bus, "gate");
  const rmi::Blob blob = built(200'000);
  for (int i = 0; i < 3; ++i)
    CHECK(gate->keep(blob) == blob);
  rmi::AnyProxy any(f.bus, "front");
  CHECK(any.call<int>("add", 1) == 8);
  CHECK_THROWS_AS(any.call<int>("nothing"), rmi::MethodNotFound);
  rmi::RawProxy raw(f.bus, "front");
  CHECK(raw.schema().find("add(i32) -> i32") != std::string::npos);
  CHECK_THROWS_AS(raw.call({"add", 1, rmi::Blob(std::string("x"))}).get(), rmi::Error);
}
