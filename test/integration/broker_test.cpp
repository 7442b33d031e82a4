// A broker and peers over real sockets, among them some that misbehave.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>
#include <rmi/broker_control.hpp>

#include "test/integration/fixture.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using FrameKind = rmi::wire::Kind;

namespace {

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
  CHECK(counter(scene.broker.endpoint(), "dropped.forged") == 2);
  CHECK(counter(scene.broker.endpoint(), "dropped.late") == 2);
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
  CHECK_THAT(answer.error.text, StartsWith("over the limit calls-per-session of flooder[1]"));
}
