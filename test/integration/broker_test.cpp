// A broker and peers over real sockets, among them some that misbehave.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <rmi/broker_control.hpp>
#include <rmi/embedded_broker.hpp>

#include "test/integration/fixture.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using FrameKind = rmi::wire::Kind;

namespace {

/// A broker, a daemon that serves "server", and a caller.
struct Scene {
  explicit Scene(rmi::EmbeddedBroker::Options options = quiet_broker())
      : broker(std::move(options)), daemon(broker.endpoint()), caller(broker.endpoint()) {
    daemon.greet("daemon");
    caller.greet("caller");
    daemon.serve("server");
  }
  /// Fails unless a call goes through.
  void check_works() {
    caller.call(4242);
    daemon.reply(daemon.take());
    const auto answer = caller.take();
    CHECK(answer.kind() == FrameKind::reply);
    CHECK(answer.id() == 4242);
  }

  rmi::EmbeddedBroker broker;
  RawPeer daemon;
  RawPeer caller;
};

/// What the constructor throws.
std::string refusal(const rmi::EmbeddedBroker::Options& options) {
  try {
    rmi::EmbeddedBroker broker(options);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "it listens";
}

std::uint64_t counter(const std::string& endpoint, const std::string& name) {
  rmi::Bus bus(quiet_bus(endpoint));
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  return control->info().counters[name];
}

/// Bytes through a TCP connection that never becomes a ZeroMQ one.
void send_tcp(std::uint16_t port, const std::string& bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  [[maybe_unused]] const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::close(fd);
}

}  // namespace

TEST_CASE("a call goes from a caller to a daemon and its answer back, over tcp and ipc at once") {
  TempFolder folder;
  auto options = quiet_broker();
  options.endpoints.push_back("ipc://" + folder.file("bus with spaces"));
  rmi::EmbeddedBroker broker(options);
  REQUIRE(broker.endpoints().size() == 2);
  CHECK_THAT(broker.endpoint(), StartsWith("tcp://127.0.0.1:"));
  CHECK_THAT(broker.endpoint(), !Contains("*"));
  CHECK(broker.endpoints()[1] == options.endpoints[1]);
  RawPeer daemon(broker.endpoints()[0]);
  RawPeer caller(broker.endpoints()[1]);
  daemon.greet("daemon");
  caller.greet("caller");
  daemon.serve("server");
  caller.call(7);
  daemon.reply(daemon.take());
  CHECK(caller.take().id() == 7);
}

TEST_CASE("a peer that calls before it greets is told to greet") {
  rmi::EmbeddedBroker broker(quiet_broker());
  RawPeer peer(broker.endpoint());
  peer.call(3);
  const auto answer = peer.take();
  CHECK(answer.code() == rmi::ErrorCode::unknown_session);
  CHECK(answer.id() == 3);
}

TEST_CASE("a peer that dies mid-call fails its callers at once, without any deadline") {
  TempFolder folder;
  const bool ipc = GENERATE(false, true);
  Scene scene(quiet_broker(ipc ? "ipc://" + folder.file("bus") : "tcp://127.0.0.1:*"));
  scene.caller.call(1);
  scene.daemon.take();
  scene.daemon.die();
  const auto answer = scene.caller.take();
  CHECK(answer.id() == 1);
  CHECK(answer.code() == rmi::ErrorCode::connection_lost);
  CHECK(answer.outcome() == rmi::Outcome::unknown);
  CHECK(answer.error.text ==
        "daemon[1] on here lost its connection while it had the call 'server.method'; the call may "
        "have run");
  scene.caller.call(2);
  CHECK(scene.caller.take().code() == rmi::ErrorCode::name_not_found);
}

TEST_CASE("the name of a daemon that died is free for the next one at once") {
  Scene scene;
  for (int round = 0; round < 20; ++round) {
    auto first = std::make_unique<RawPeer>(scene.broker.endpoint());
    first->greet("first");
    first->serve("contested");
    first.reset();
    RawPeer second(scene.broker.endpoint());
    second.greet("second");
    // The kernel may be slower than we are: then the name is still taken for a moment.
    CHECK(
        eventually([&] { return second.offer({.name = "contested"}).kind() == FrameKind::reply; }));
  }
}

TEST_CASE("a name that a living daemon serves is refused with its owner") {
  Scene scene;
  RawPeer other(scene.broker.endpoint());
  other.greet("other");
  const auto answer = other.offer({.name = "server"});
  CHECK(answer.code() == rmi::ErrorCode::name_taken);
  CHECK_THAT(answer.error.text, StartsWith("the name 'server' is served by daemon[1] on here"));
  scene.check_works();
}

TEST_CASE("a caller that dies has its calls cancelled at the daemon") {
  Scene scene;
  RawPeer mortal(scene.broker.endpoint());
  mortal.greet("mortal");
  mortal.call(5);
  const auto call = scene.daemon.take();
  mortal.die();
  const auto cancel = scene.daemon.take();
  CHECK(cancel.kind() == FrameKind::cancel);
  CHECK(cancel.id() == call.id());
  scene.daemon.reply(call);
  scene.check_works();
}

TEST_CASE("sessions of peers that are gone do not add up") {
  Scene scene;
  for (int round = 0; round < 50; ++round) {
    RawPeer passer(scene.broker.endpoint());
    passer.greet("passer");
  }
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  CHECK(eventually([&] { return control->info().sessions == 3; }));
}

TEST_CASE("garbage is answered by protocol errors and disturbs nobody") {
  Scene scene;
  RawPeer vandal(scene.broker.endpoint());
  std::mt19937 random(20261124);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> bytes(random() % 120);
    for (auto& byte : bytes)
      byte = static_cast<std::byte>(random());
    if (bytes.size() > 4 && random() % 2 == 0) {  // as far as the kind it looks right
      bytes[0] = std::byte{0x52};
      bytes[1] = std::byte{0x4d};
      bytes[2] = std::byte{1};
      bytes[3] = static_cast<std::byte>(random() % 14);
    }
    vandal.send_bytes(bytes);
  }
  vandal.control(FrameKind::ping, 77);
  for (auto answer = vandal.take(); answer.id() != 77; answer = vandal.take())
    CHECK(answer.kind() == FrameKind::error);
  scene.check_works();
}

TEST_CASE("a message of several frames is refused and the next one understood") {
  rmi::EmbeddedBroker broker(quiet_broker());
  RawPeer peer(broker.endpoint());
  peer.send(rmi::Frame(10), true);
  peer.send(rmi::Frame(10), true);
  peer.send(rmi::Frame(10));
  const auto answer = peer.take();
  CHECK(answer.code() == rmi::ErrorCode::protocol);
  CHECK_THAT(answer.error.text, StartsWith("a message is one frame"));
  peer.greet("peer");
}

TEST_CASE("a peer that chooses its own routing id is refused") {
  rmi::EmbeddedBroker broker(quiet_broker());
  for (const std::string id : {"x", "abcde", "cccccccccccccccccccccccccccccccccm"}) {
    RawPeer peer(broker.endpoint(), id);
    peer.send(rmi::make_hello({}));
    const auto answer = peer.take();
    CHECK(answer.code() == rmi::ErrorCode::protocol);
    CHECK_THAT(answer.error.text, Contains("must not choose their routing id"));
  }
}

TEST_CASE("a forged answer reaches nobody") {
  Scene scene;
  RawPeer thief(scene.broker.endpoint());
  thief.greet("thief");
  thief.serve("bait");
  scene.caller.call(1);
  const auto call = scene.daemon.take();
  const auto registration = call.view.header.registration;
  thief.control(FrameKind::reply, call.id(), registration);  // all right, but not his
  scene.daemon.control(FrameKind::reply, call.id(), registration + 1);
  scene.daemon.control(FrameKind::reply, call.id() + 1, registration);
  thief.control(FrameKind::ping, 1);
  CHECK(thief.take().kind() == FrameKind::pong);  // what he sent before was looked at
  scene.daemon.reply(call);
  CHECK(scene.caller.take().id() == 1);
  scene.daemon.reply(call);  // once more
  scene.check_works();
  CHECK(counter(scene.broker.endpoint(), "forged") == 2);
  CHECK(counter(scene.broker.endpoint(), "late") == 2);
}

TEST_CASE("a frame over the limit ends its connection and no other") {
  auto options = quiet_broker();
  options.max_message = 10'000;
  Scene scene(options);
  RawPeer fat(scene.broker.endpoint());
  fat.greet("fat");
  fat.serve("fat");
  scene.caller.call(1, {.object = "fat"});
  fat.take();
  fat.call(2, {.payload = 20'000});
  CHECK(scene.caller.take().code() == rmi::ErrorCode::connection_lost);
  scene.check_works();
}

TEST_CASE("connections that are not ZeroMQ are dropped") {
  Scene scene;
  const auto port = rmi::Endpoint::parse(scene.broker.endpoint()).port();
  for (int round = 0; round < 50; ++round) {
    send_tcp(port, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    send_tcp(port, std::string("\xff\0\0\0\0\0\0\0\1\x7f", 10) + "\3");
    send_tcp(port, "");
  }
  scene.check_works();
}

TEST_CASE("a caller that floods a daemon is refused, and others are served meanwhile") {
  Scene scene;
  RawPeer flooder(scene.broker.endpoint());
  flooder.greet("flooder");
  RawPeer lazy(scene.broker.endpoint());
  lazy.greet("lazy");
  lazy.serve("lazy");
  constexpr std::uint64_t calls = 9000;
  for (std::uint64_t id = 1; id <= calls; ++id)
    flooder.call(id, {.object = "lazy"});
  scene.check_works();
  const auto answer = flooder.take();
  CHECK(answer.id() == 8193);
  CHECK(answer.code() == rmi::ErrorCode::overloaded);
  CHECK_THAT(answer.error.text, StartsWith("the caller has 8192 calls in flight"));
}

TEST_CASE("names whose lease is not renewed go") {
  auto options = quiet_broker();
  options.lease = 200ms;
  Scene scene(options);
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  CHECK(eventually([&] { return names->count({.prefix = "server"}) == 0; }));
  scene.daemon.control(FrameKind::renew, 12);
  CHECK(scene.daemon.take().code() == rmi::ErrorCode::unknown_session);
}

TEST_CASE("a second broker on the same port says so in one line") {
  rmi::EmbeddedBroker first(quiet_broker());
  CHECK(refusal(quiet_broker(first.endpoint())) ==
        "cannot listen at " + first.endpoint() +
            ": another program listens there, probably a broker; stop it or give another port");
}

TEST_CASE("a second broker on the same ipc path is refused and the first goes on") {
  TempFolder folder;
  Scene scene(quiet_broker("ipc://" + folder.file("bus")));
  CHECK_THAT(refusal(quiet_broker(scene.broker.endpoint())),
             Contains("another program listens there, probably a broker; stop it or give another "
                      "path"));
  scene.check_works();
  RawPeer late(scene.broker.endpoint());
  late.greet("late");
}

TEST_CASE("a socket file that a dead broker left behind is no obstacle") {
  TempFolder folder;
  const auto path = folder.file("bus");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
  Scene scene(quiet_broker("ipc://" + path));
  scene.check_works();
}

TEST_CASE("a file that is no socket is left alone") {
  TempFolder folder;
  std::ofstream(folder.file("precious")) << "text";
  CHECK_THAT(refusal(quiet_broker("ipc://" + folder.file("precious"))),
             Contains("there is a file that is no socket"));
  std::string text;
  std::ifstream(folder.file("precious")) >> text;
  CHECK(text == "text");
}

TEST_CASE("only its owner can open the socket file, and it goes with the broker") {
  TempFolder folder;
  struct stat status {};
  {
    rmi::EmbeddedBroker broker(quiet_broker("ipc://" + folder.file("bus")));
    REQUIRE(::stat(folder.file("bus").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK(::stat(folder.file("bus").c_str(), &status) != 0);
}

TEST_CASE("an address that other machines can reach needs a word") {
  auto options = quiet_broker("tcp://0.0.0.0:*");
  CHECK_THAT(refusal(options), StartsWith("tcp://0.0.0.0:* can be reached from other machines"));
  options.insecure = true;
  CHECK(refusal(options) == "it listens");
}

TEST_CASE("options that make no sense are refused with what was expected") {
  auto options = quiet_broker();
  options.endpoints.clear();
  CHECK_THAT(refusal(options), StartsWith("a broker needs an endpoint to listen at"));
  CHECK_THAT(refusal(quiet_broker("http://localhost")), Contains("http://localhost"));
  CHECK_THAT(refusal(quiet_broker("tcp://203.0.113.7:*")), Contains("other machines"));
  CHECK_THAT(refusal(quiet_broker("ipc:///no/such/folder/bus")),
             Contains("the folder of that path does not exist"));
  options = quiet_broker();
  options.lease = 1ms;
  CHECK(refusal(options) == "the lease is 1 ms; expected 100 ms to 24 h");
  options = quiet_broker();
  options.max_message = 3;
  CHECK_THAT(refusal(options), StartsWith("the largest message is 3 bytes"));
  options = quiet_broker("tcp://203.0.113.7:*");
  options.insecure = true;
  CHECK_THAT(refusal(options), Contains("this machine has no such address"));
}

TEST_CASE("several endpoints of which one fails leave none behind") {
  rmi::EmbeddedBroker first(quiet_broker());
  auto options = quiet_broker();
  TempFolder folder;
  options.endpoints = {"ipc://" + folder.file("bus"), first.endpoint()};
  CHECK_THAT(refusal(options), Contains("another program listens there"));
  options.endpoints.pop_back();
  CHECK(refusal(options) == "it listens");
}

TEST_CASE("a broker that stops ends all calls, and says which may have run") {
  Scene scene;
  scene.caller.call(1);
  scene.daemon.take();
  scene.caller.call(2, {.object = "late", .flags = rmi::wire::flag::wait_for_name});
  scene.caller.control(FrameKind::ping, 3);
  CHECK(scene.caller.take().kind() == FrameKind::pong);
  scene.broker.stop();
  const auto waiting = scene.caller.take();
  CHECK(waiting.id() == 2);
  CHECK(waiting.code() == rmi::ErrorCode::draining);
  const auto running = scene.caller.take();
  CHECK(running.id() == 1);
  CHECK(running.code() == rmi::ErrorCode::connection_lost);
  CHECK_THAT(running.error.text, StartsWith("the broker stopped while daemon[1] on here had"));
  scene.broker.stop();  // does nothing
}

TEST_CASE("brokers in one process share nothing") {
  Scene first;
  Scene second;
  first.daemon.serve("only in the first");
  second.caller.call(1, {.object = "only in the first"});
  CHECK(second.caller.take().code() == rmi::ErrorCode::name_not_found);
  first.broker.stop();
  second.check_works();
}

TEST_CASE("the broker tells about itself") {
  Scene scene;
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  control->ping();
  const auto info = control->info();
  CHECK(info.version == "0.1.0");
  CHECK(info.endpoints == scene.broker.endpoints());
  CHECK(info.lease == 15s);
  CHECK(info.sessions == 3);
  CHECK(info.names == 3);
  CHECK(info.epoch != 0);
  CHECK(info.counters.at("accepted") == 0);
  scene.check_works();
  CHECK(control->info().counters.at("replied") == 1);
}

TEST_CASE("names are looked up, listed, tagged, counted and removed through rmi.names") {
  Scene scene;
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  CHECK(names->lookup("server").owner == "daemon[1] on here");
  names->set_tags("server", {"blue"});
  CHECK(names->tags("server") == std::set<std::string>{"blue"});
  CHECK(names->count({.tags = {"blue"}}) == 1);
  names->enter({.name = "nick", .target = "rminame:server"});
  CHECK(names->lookup("nick").name == "server");
  CHECK(names->list({.regex = "nick|server"}).size() == 2);
  CHECK_THROWS_AS(names->lookup("servr"), rmi::NameNotFound);
  CHECK_THROWS_AS(names->list({.regex = "("}), rmi::BadArguments);
  CHECK_THROWS_AS(names->enter({.name = "server"}), rmi::NameTaken);
  CHECK(names->wait("server").name == "server");
  CHECK(names->remove("server") == 1);
  CHECK(names->remove_matching({.prefix = "n"}) == 1);
  CHECK(names->count({}) == 2);
  CHECK_FALSE(names->withdraw(1));
}

TEST_CASE("a caller can wait for a name until it is served, or until its time is over") {
  Scene scene;
  scene.daemon.control(FrameKind::ping, 1);
  rmi::Bus bus(quiet_bus(scene.broker.endpoint()));
  rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  CHECK(scene.daemon.take().kind() == FrameKind::pong);
  std::thread server([&] {
    rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
    CHECK(eventually([&] { return control->info().waiting == 1; }));
    scene.daemon.serve("late");
  });
  CHECK(names->wait("late").owner == "daemon[1] on here");
  server.join();
  CHECK_THROWS_WITH(names.with_timeout(300ms)->wait("never"),
                    Contains("for the name 'never', which nobody served"));
}
