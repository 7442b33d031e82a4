// Who does not get into a broker with keys, and is told why.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <string>

#include <rmi/endpoint.hpp>

#include "bus/random.hpp"
#include "bus/socket.hpp"
#include "ns/router_socket.hpp"
#include "test/integration/keyed.hpp"
#include "test/integration/raw_peer.hpp"

using keyed::refusal;
using keyed::Vault;
using namespace rmi_test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// Sends bytes to a port, and waits until the other side closes.
void send_noise(const std::string& endpoint, const std::string& bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(rmi::Endpoint::parse(endpoint).port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval longest{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::array<char, 4096> answer{};
  ssize_t got = 0;
  while ((got = ::recv(fd, answer.data(), answer.size(), 0)) > 0) {
  }
  CHECK((got == 0 || errno == ECONNRESET));
  ::close(fd);
}

rmi::Bus::Options without_keys(const std::string& broker) {
  auto options = quiet_bus(broker);
  options.wait_for_broker = false;
  return options;
}

}  // namespace

TEST_CASE("a caller without keys is told that the broker asks for them") {
  keyed::Scene scene;
  scene.start();
  const auto text = refusal(without_keys(scene.broker->endpoint()));
  CHECK_THAT(text, StartsWith("cannot call vault.who: no"));
  CHECK_THAT(text, Contains(scene.broker->endpoint()));
  CHECK_THAT(text, Contains("asks for keys"));
  CHECK_THAT(text, Contains("$RMI_KEY_FILE"));
}

TEST_CASE("a caller whose key is not authorized is told which key that is") {
  keyed::Scene scene;
  scene.start();
  const auto text = refusal(scene.as("stranger"));
  CHECK_THAT(text, StartsWith("cannot call vault.who: no session with the broker at " +
                              scene.broker->endpoint()));
  const auto key = scene.keys.public_key("stranger");
  CHECK_THAT(text, Contains("the broker does not know this program's key " + key + ": add it"));
  CHECK_THAT(text, !Contains("start one"));
  CHECK(eventually([&] {
    return scene.log.has("refused a connection from 127.0.0.1: its key " + key + " is not in");
  }));
  CHECK(scene.info().sessions == 2);  // the daemon, and who asks
}

TEST_CASE("a daemon whose key is not authorized logs that, once") {
  keyed::Scene scene;
  scene.start();
  Log log;
  auto options = quiet_daemon(scene.broker->endpoint());
  options.key_file = scene.keys.file("stranger");
  options.broker_key = scene.keys.public_key("broker");
  options.log = log.sink();
  rmi::Daemon daemon(options);
  daemon.serve("late", scene.vault);
  const auto key = scene.keys.public_key("stranger");
  const auto text = "no session with the broker at " + options.broker +
                    ": the broker does not know this program's key " + key;
  CHECK(eventually([&] { return scene.log.count(key) >= 3; }));
  scene.keys.authorize("stranger");
  CHECK(daemon.wait_registered(patience));
  CHECK(log.count(text) == 1);
}

TEST_CASE("a caller that expects another broker does not talk to this one") {
  keyed::Scene scene;
  scene.start();
  auto options = scene.as("alice");
  options.broker_key = scene.keys.public_key("stranger");
  const auto text = refusal(options);
  CHECK_THAT(text, Contains(scene.broker->endpoint()));
  CHECK_THAT(text, Contains("no `rmi-broker` with the key " + options.broker_key));
}

TEST_CASE("a caller with keys does not talk to a broker without") {
  keyed::Scene scene;
  scene.start();
  rmi::EmbeddedBroker plain(quiet_broker());
  auto options = scene.as("alice");
  options.broker = plain.endpoint();
  const auto text = refusal(options);
  CHECK_THAT(text, Contains(plain.endpoint()));
  CHECK_THAT(text, Contains("no keys"));
}

TEST_CASE("a caller that waits for its broker is refused at its deadline, with the reason") {
  keyed::Scene scene;
  scene.start();
  auto options = scene.as("stranger");
  options.wait_for_broker = true;
  options.timeout = 500ms;
  CHECK_THAT(refusal(options), Contains("does not know this program's key"));
}

TEST_CASE("a caller that is authorized later connects by itself") {
  keyed::Scene scene;
  scene.start();
  auto options = scene.as("stranger");
  options.wait_for_broker = true;
  rmi::Bus bus(options);
  auto who = rmi::Proxy<Vault>(bus, "vault").async()->who();
  const auto key = scene.keys.public_key("stranger");
  REQUIRE(eventually([&] { return scene.log.has(key); }));
  scene.keys.authorize("stranger");
  CHECK(who.get() == "key:stranger");
}

TEST_CASE("a key that is taken off the list holds until its next connection") {
  keyed::Scene scene;
  scene.start();
  rmi::Bus bus(scene.as("alice"));
  rmi::Proxy<Vault> vault(bus, "vault");
  CHECK(vault->who() == "key:alice");
  scene.keys.write(scene.keys.public_key("worker") + " worker\n");
  CHECK_THAT(refusal(scene.as("alice")), Contains("does not know this program's key"));
  CHECK(vault->who() == "key:alice");
}

TEST_CASE("a list that has become malformed, or has gone, is warned of and stays what it was") {
  keyed::Scene scene;
  scene.start();
  scene.keys.write("nonsense\n");
  scene.check_works();
  CHECK(eventually([&] { return scene.log.has("line 1 of the authorized keys in"); }));
  REQUIRE(::unlink(scene.keys.authorized().c_str()) == 0);
  scene.check_works();
  CHECK(eventually([&] { return scene.log.has("cannot read the authorized keys in"); }));
  scene.keys.write("");
  CHECK_THAT(refusal(scene.as("alice")), Contains("does not know this program's key"));
}

TEST_CASE("noise where keys are wanted costs only the connection that it came over") {
  keyed::Scene scene;
  scene.start();
  rmi::Bus bus(scene.as("alice"));
  rmi::Proxy<Vault> vault(bus, "vault");
  CHECK(vault->who() == "key:alice");
  const auto endpoint = scene.broker->endpoint();
  send_noise(endpoint, "GET / HTTP/1.1\r\n\r\n");
  send_noise(endpoint, std::string(100, '\0'));
  std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0CURVE", 17);
  greeting.resize(64, '\0');
  send_noise(endpoint, greeting + "\x04\xff" + std::string(255, 'x'));  // no HELLO
  for (int round = 0; round < 20; ++round)
    send_noise(endpoint, greeting + rmi::random_bytes(1000));
  CHECK(vault->who() == "key:alice");
  scene.check_works();
}

TEST_CASE("where nobody answers for keys, nobody gets in") {
  keyed::Scene scene;
  const rmi::ns::BrokerKeys keys{rmi::read_keys(scene.keys.file("broker")), nullptr};
  rmi::ZmqContext context;  // without a ZapHandler
  const rmi::ns::RouterSocket router(
      context, {.endpoints = {rmi::Endpoint::parse_listen("tcp://127.0.0.1:*")},
                .keys = std::make_shared<const rmi::ns::BrokerKeys>(keys),
                .max_message = 10'000,
                .queue = 100});
  const rmi::LinkKeys alice{rmi::read_keys(scene.keys.file("alice")), keys.own.public_key};
  rmi::ZmqContext other;
  rmi::DealerSocket socket(other, router.endpoints().front(),
                           {.max_message = 10'000, .heartbeat = 6s, .keys = &alice});
  auto event = rmi::LinkEvent::none;
  REQUIRE(eventually([&] {
    event = socket.next_event(-1, 1000ms);
    return event != rmi::LinkEvent::none;
  }));
  CHECK(event == rmi::LinkEvent::handshake_failed);
}

TEST_CASE("a peer without keys where keys are wanted has no session, and nobody notices") {
  keyed::Scene scene;
  scene.start();
  RawPeer plain(scene.broker->endpoint());
  rmi::Hello hello;
  hello.program = "plain";
  plain.send(rmi::make_hello(hello));
  scene.check_works();
  CHECK(scene.info().sessions == 2);
}
