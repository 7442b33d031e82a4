// Where a broker listens, and where it refuses to.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "test/integration/fixture.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using FrameKind = rmi::wire::Kind;

namespace {

/// What the constructor throws.
std::string refusal(const rmi::EmbeddedBroker::Options& options) {
  try {
    rmi::EmbeddedBroker broker(options);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "it listens";
}

}  // namespace

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
