// Calls that went straight to a daemon and came to nothing there.
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "test/integration/fixture.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;

namespace lamps {

/// Says which one it is, and can be kept busy.
struct Lamp {
  explicit Lamp(int own) : number(own) {}
  int which() const { return number; }
  int shine() {
    shining = true;
    dark.get_future().wait();
    return number;
  }
  void blink() { ++blinks; }
  const int number;
  std::promise<void> dark;
  std::atomic<bool> shining{false};
  std::atomic<int> blinks{0};
};
RMI_INTERFACE(Lamp, (which, rmi::idempotent), shine, (blink, rmi::oneway))

}  // namespace lamps

namespace {

using lamps::Lamp;

/// Two daemons that listen, and a bus that knows the way to the first.
struct Moved {
  rmi::EmbeddedBroker broker{quiet_broker()};
  std::shared_ptr<Lamp> lamp = std::make_shared<Lamp>(1);
  std::shared_ptr<Lamp> next_lamp = std::make_shared<Lamp>(2);
  std::optional<rmi::Daemon> daemon;
  std::optional<rmi::Daemon> next;
  rmi::Bus bus{quiet_bus(broker.endpoint())};
  rmi::Proxy<Lamp> proxy = rmi::Proxy<Lamp>(bus, "lamp").over(rmi::Path::direct);

  const std::string listen = GENERATE("tcp://127.0.0.1:*", "unix://*");

  Moved() {
    open(daemon, lamp);
    CHECK(proxy->which() == 1);
  }
  void open(std::optional<rmi::Daemon>& where, const std::shared_ptr<Lamp>& what) {
    auto options = quiet_daemon(broker.endpoint());
    options.listen = listen;
    where.emplace(options);
    where->serve("lamp", what, {.concurrent = true});
  }
  int which(bool async) { return async ? proxy.async()->which().get() : proxy->which(); }
};

}  // namespace

TEST_CASE("a call to a name that its daemon has given back goes through the broker") {
  const bool async = GENERATE(false, true);
  Moved m;
  m.daemon->unserve("lamp");
  m.open(m.next, m.next_lamp);
  CHECK(m.which(async) == 2);
  CHECK(m.which(!async) == 2);
}

TEST_CASE("a call to a daemon that drains goes through the broker to its successor") {
  const bool async = GENERATE(false, true);
  Moved m;
  auto shining = m.proxy.async()->shine();
  REQUIRE(eventually([&] { return m.lamp->shining.load(); }));
  std::thread leaving([&] { m.daemon.reset(); });
  REQUIRE(eventually([&] {
    try {
      rmi::Proxy<rmi::Names>(m.bus, "rmi.names")->lookup("lamp");
      return false;
    } catch (const rmi::NameNotFound&) {
      return true;
    }
  }));
  m.open(m.next, m.next_lamp);
  // The broker may have taken the name back before the daemon knows that it has.
  CHECK(eventually([&] { return m.which(async) == 2; }));
  m.proxy->blink();
  CHECK(eventually([&] { return m.next_lamp->blinks == 1; }));
  m.lamp->dark.set_value();
  CHECK(shining.get() == 1);
  leaving.join();
}

TEST_CASE("a call that was lost on its direct way may have run, also when nobody is found then") {
  const bool async = GENERATE(false, true);
  rmi::EmbeddedBroker broker(quiet_broker());
  std::optional<rmi::EmbeddedBroker> door(quiet_broker());  // takes calls as a daemon's own socket
  RawPeer behind(door->endpoint());
  behind.greet("behind");
  behind.serve("lamp");
  RawPeer owner(broker.endpoint());
  owner.greet("owner");
  REQUIRE(owner.offer({.name = "lamp", .direct = door->endpoint()}).kind() ==
          rmi::wire::Kind::reply);
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  const auto lamp = rmi::Proxy<Lamp>(bus, "lamp").over(rmi::Path::direct);
  auto told = std::async(std::launch::async, [&] {
    try {
      async ? lamp.async()->which().get() : lamp->which();
    } catch (const rmi::NameNotFound& error) {
      return std::string(rmi::to_string(error.outcome()));
    }
    return std::string("no error");
  });
  CHECK(behind.take().view.method == "which");
  owner.die();
  const rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  REQUIRE(eventually([&] { return names->count({.prefix = "lamp"}) == 0; }));
  door.reset();
  CHECK(told.get() == "unknown");
}

namespace {

/// A daemon's own socket that lets one caller in, takes a call, and closes at once.
struct Door {
  void* context = zmq_ctx_new();
  void* socket = zmq_socket(context, ZMQ_ROUTER);
  std::string endpoint = std::string(256, '\0');

  Door() {
    std::size_t size = endpoint.size();
    REQUIRE(zmq_bind(socket, "tcp://127.0.0.1:*") == 0);
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint.data(), &size);
    endpoint.resize(size - 1);
  }
  rmi::Frame take(rmi::Frame& id) const {
    rmi::Frame frame;
    // In a thread of its own, where Catch2 takes no assertions.
    if (!id.receive(socket, 0) || !frame.receive(socket, 0))
      throw std::runtime_error("the door receives nothing");
    return frame;
  }
  void run() const {
    rmi::Frame id;
    rmi::Frame hello = take(id);
    rmi::Welcome welcome;
    welcome.max_message = 1 << 20;
    welcome.session = 7;
    rmi::Frame answer = rmi::make_welcome(rmi::wire::call_id_of(hello.bytes()), welcome);
    id.send(socket, ZMQ_SNDMORE);
    answer.send(socket, 0);
    take(id);  // the call
    zmq_close(socket);
    zmq_ctx_term(context);
  }
};

}  // namespace

TEST_CASE("what people read about a direct connection names the daemon") {
  rmi::EmbeddedBroker broker(quiet_broker());
  const Door door;
  RawPeer owner(broker.endpoint());
  owner.greet("owner");
  REQUIRE(owner.offer({.name = "lamp", .direct = door.endpoint}).kind() == rmi::wire::Kind::reply);
  Log log;
  auto options = quiet_bus(broker.endpoint());
  options.log = log.sink();
  rmi::Bus bus(options);
  std::thread opening([&] { door.run(); });
  auto shining = rmi::Proxy<Lamp>(bus, "lamp").over(rmi::Path::direct).async()->shine();
  CHECK_THROWS_WITH(shining.get(), "the connection to the daemon at " + door.endpoint +
                                       " broke while lamp.shine was under way; whether it ran is "
                                       "unknown");
  opening.join();
  CHECK(log.has("connected to the daemon at " + door.endpoint));
  CHECK(eventually([&] { return log.has("lost the daemon at " + door.endpoint); }));
}
