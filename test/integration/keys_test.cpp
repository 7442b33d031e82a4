// A broker with keys: what goes over its connections, and who it says the callers are.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <rmi/endpoint.hpp>

#include "bus/broker_lanes.hpp"
#include "bus/control.hpp"
#include "test/integration/keyed.hpp"

using namespace keyed;
using Catch::Matchers::StartsWith;

namespace {

int connected_to(const rmi::Endpoint& endpoint) {
  sockaddr_storage address{};
  socklen_t size = 0;
  if (endpoint.transport() == rmi::Endpoint::Transport::ipc) {
    auto& unix_address = reinterpret_cast<sockaddr_un&>(address);
    unix_address.sun_family = AF_UNIX;
    endpoint.address().copy(unix_address.sun_path, sizeof unix_address.sun_path - 1);
    size = sizeof unix_address;
  } else {
    auto& tcp_address = reinterpret_cast<sockaddr_in&>(address);
    tcp_address.sin_family = AF_INET;
    tcp_address.sin_port = htons(endpoint.port());
    tcp_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof tcp_address;
  }
  const int fd = ::socket(address.ss_family, SOCK_STREAM, 0);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  return fd;
}

/// A peer without libzmq, which says of itself what it likes (RFC 23, NULL).
class Liar {
 public:
  explicit Liar(const std::string& endpoint) : fd_(connected_to(rmi::Endpoint::parse(endpoint))) {
    std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", 16);
    greeting.resize(64, '\0');
    const std::string ready = std::string("\x05READY") + property("Socket-Type", "DEALER") +
                              property("Identity", "") + property("User-Id", "alice");
    rmi::Hello hello;
    hello.session[0] = 1;
    hello.program = "liar";
    hello.host = "here";
    const rmi::Frame frame = rmi::make_hello(hello);
    send(greeting);
    std::string theirs(64, '\0');
    REQUIRE(::recv(fd_, theirs.data(), theirs.size(), MSG_WAITALL) == 64);
    send('\x04' + sized(ready) + '\0' +
         sized({reinterpret_cast<const char*>(frame.bytes().data()), frame.size()}));
  }
  ~Liar() { ::close(fd_); }
  Liar(const Liar&) = delete;
  Liar& operator=(const Liar&) = delete;

 private:
  static std::string sized(const std::string& text) {
    REQUIRE(text.size() < 256);
    return static_cast<char>(text.size()) + text;
  }
  static std::string property(const std::string& name, const std::string& value) {
    return sized(name) + std::string(3, '\0') + sized(value);
  }
  void send(const std::string& bytes) const {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  const int fd_;
};

/// The principal of the session of that program, when it has greeted.
std::string principal_of(rmi::Bus& bus, const std::string& program) {
  rmi::Proxy<rmi::BrokerControl> control(bus, "rmi.broker");
  std::string found;
  REQUIRE(eventually([&] {
    for (std::uint32_t number = 1; number < 20 && found.empty(); ++number)
      try {
        const auto session = control->session(number);
        if (session.program == program) found = session.principal;
      } catch (const rmi::NameNotFound&) {
      }
    return !found.empty();
  }));
  return found;
}

}  // namespace

TEST_CASE("calls, oneways and large arguments go over connections with keys") {
  const std::size_t lanes = GENERATE(1U, 3U);
  Scene scene(lanes);
  scene.start();
  rmi::Bus bus(scene.as("alice"));
  std::vector<std::string> names{"vault"};
  if (lanes > 1) {  // one in each lane
    for (std::uint32_t lane = 0, n = 0; lane < lanes; ++n)
      if (const auto name = "vault" + std::to_string(n); rmi::lane_of(name, 3) == lane) {
        scene.daemon->serve(name, scene.vault, {.concurrent = true});
        names.push_back(name);
        ++lane;
      }
  }
  int dropped = 0;
  for (const auto& name : names) {
    rmi::Proxy<Vault> vault(bus, name);
    CHECK(vault->who() == "key:alice");
    vault->drop(1);
    ++dropped;
    const std::string large(1U << 20U, 'x');
    CHECK(vault->echo(large) == large);
  }
  CHECK(eventually([&] { return scene.vault->dropped == dropped; }));
  if (lanes > 1) CHECK(scene.info().counters.at("accepted.lane2") != 0);
}

TEST_CASE("a message of the largest size goes over a connection with keys") {
  constexpr std::size_t largest = 100'000;
  Scene scene;
  const bool to_broker = GENERATE(true, false);
  if (to_broker) scene.options.max_message = largest;
  scene.start();
  auto options = scene.as("alice");
  if (!to_broker) options.max_message = largest;
  rmi::Bus bus(options);
  rmi::Proxy<Vault> vault(bus, "vault");
  CHECK(vault->who() == "key:alice");  // the broker has said what it takes
  std::size_t passed = 0;
  for (std::size_t size = largest - 200; size < largest; ++size)
    try {
      passed = to_broker ? vault->echo(std::string(size, 'x')).size() : vault->make(size).size();
    } catch (const rmi::MessageTooLarge&) {
      break;
    }
  CHECK(passed > largest - 200);
  CHECK(passed < largest - 1);
  CHECK(vault->who() == "key:alice");
}

TEST_CASE("limits of a principal hold for all who have its key") {
  Scene scene;
  scene.options.limits = {"sessions-per-principal=2"};
  scene.start();
  rmi::Bus first(scene.as("alice"));
  rmi::Bus second(scene.as("alice"));
  CHECK(rmi::Proxy<Vault>(first, "vault")->who() == "key:alice");
  CHECK(rmi::Proxy<Vault>(second, "vault")->who() == "key:alice");
  CHECK_THAT(refusal(scene.as("alice")), Catch::Contains("sessions-per-principal"));
  CHECK_THAT(refusal(scene.as("alice")), Catch::Contains("key:alice"));
  auto other = scene.as("worker");
  CHECK(refusal(other) == "it got through");
}

TEST_CASE("an ipc endpoint beside one with keys asks for none, and is told who is there") {
  Scene scene;
  const std::string ipc = "ipc://" + scene.keys.folder().file("bus");
  scene.options.endpoints.push_back(ipc);
  scene.options.endpoints.insert(scene.options.endpoints.begin(), "ipc://" + ipc.substr(6) + "2");
  scene.options.endpoints = {scene.options.endpoints[1], ipc, scene.options.endpoints[0]};
  scene.start();
  CHECK_THAT(scene.broker->endpoints().at(0), StartsWith("tcp://127.0.0.1:"));
  CHECK(scene.broker->endpoints().at(1) == ipc);
  CHECK(scene.broker->endpoints().at(2) == ipc + "2");
  const auto uid = "uid:" + std::to_string(::getuid());
  rmi::Bus plain(quiet_bus(ipc));
  CHECK(rmi::Proxy<Vault>(plain, "vault")->who() == uid);
  auto with_keys = scene.as("alice");  // which are for tcp
  with_keys.broker = ipc;
  rmi::Bus keys_for_nothing(with_keys);
  CHECK(rmi::Proxy<Vault>(keys_for_nothing, "vault")->who() == uid);
  scene.check_works();
}

TEST_CASE("who says that it is the holder of a key is not believed") {
  Scene scene;
  const auto ipc = "ipc://" + scene.keys.folder().file("bus");
  scene.options.endpoints.push_back(ipc);
  SECTION("at an ipc endpoint beside one with keys") {
    rmi::EmbeddedBroker broker(scene.options);
    const Liar liar(ipc);
    rmi::Bus bus(quiet_bus(ipc));
    CHECK(principal_of(bus, "liar") == "uid:" + std::to_string(::getuid()));
  }
  SECTION("at a broker without keys") {
    scene.options.key_file = scene.options.authorized_file = "";
    rmi::EmbeddedBroker broker(scene.options);
    const Liar liar(broker.endpoint());
    rmi::Bus bus(quiet_bus(ipc));
    CHECK(principal_of(bus, "liar") == "anonymous");
  }
}

TEST_CASE("the direct path takes no keys along") {
  Scene scene;
  scene.listen = GENERATE("tcp://127.0.0.1:*", "unix://*");
  scene.start();
  rmi::Bus bus(scene.as("alice"));
  const auto direct = rmi::Proxy<Vault>(bus, "vault").over(rmi::Path::direct);
  CHECK(direct->echo("x") == "x");  // for which the daemon asks who that is
  const auto accepted = scene.info().counters.at("accepted");
  for (int round = 0; round < 10; ++round)
    CHECK(direct->echo("x") == "x");
  CHECK(scene.info().counters.at("accepted") == accepted);
}

TEST_CASE("a broker with keys that was restarted is found again by all") {
  Scene scene;
  scene.start();
  auto options = scene.as("alice");
  options.wait_for_broker = true;
  rmi::Bus bus(options);
  rmi::Proxy<Vault> vault(bus, "vault");
  CHECK(vault->who() == "key:alice");
  scene.options.endpoints = {scene.broker->endpoint()};
  scene.broker.reset();
  scene.broker.emplace(scene.options);
  CHECK(vault.waiting()->who() == "key:alice");
}

TEST_CASE("a broker with keys may listen beyond the loopback") {
  Scene scene;
  scene.options.endpoints = {"tcp://0.0.0.0:*"};
  rmi::EmbeddedBroker broker(scene.options);
  CHECK_THAT(broker.endpoint(), StartsWith("tcp://0.0.0.0:"));
}

TEST_CASE("keys are made for a broker and its list together") {
  Scene scene;
  scene.options.authorized_file = "";
  CHECK_THROWS_WITH(rmi::EmbeddedBroker(scene.options), Catch::Contains("--authorized"));
  scene.options.authorized_file = scene.options.key_file;
  CHECK_THROWS_WITH(rmi::EmbeddedBroker(scene.options),
                    Catch::Contains("line 2 of the authorized keys"));
  scene.options.key_file = "";
  CHECK_THROWS_WITH(rmi::EmbeddedBroker(scene.options), Catch::Contains("--key"));
  rmi::Daemon::Options daemon = quiet_daemon("tcp://127.0.0.1:1");
  daemon.key_file = scene.keys.file("worker");
  CHECK_THROWS_WITH(rmi::Daemon(daemon),
                    Catch::Contains("the public key of the broker is missing"));
}
