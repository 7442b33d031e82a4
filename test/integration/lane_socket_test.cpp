// The socket of a local lane: where it lies, who may come in, and what noise does to it.
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "bus/random.hpp"
#include "bus/unix_socket.hpp"
#include "daemon/lane_folder.hpp"
#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"
#include "test/integration/raw_peer.hpp"

using namespace rmi_test;
using model::Counter;
namespace fs = std::filesystem;

namespace {

/// Lanes of this process lie in a folder of the test's own.
struct Runtime {
  Runtime() { ::setenv("XDG_RUNTIME_DIR", folder.file(".").c_str(), 1); }
  ~Runtime() { ::unsetenv("XDG_RUNTIME_DIR"); }
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  fs::path lanes() const { return folder.file("rmibus"); }
  TempFolder folder;
};

struct Lane : Runtime {
  Log log;
  rmi::EmbeddedBroker broker{quiet_broker()};
  std::optional<rmi::Daemon> daemon;
  rmi::Bus bus{quiet_bus(broker.endpoint())};
  rmi::Proxy<Counter> counter = rmi::Proxy<Counter>(bus, "counter").over(rmi::Path::direct);

  Lane() { listen(); }
  void listen() {
    auto options = quiet_daemon(broker.endpoint());
    options.listen = "unix://*";
    options.log = log.sink();
    daemon.emplace(options);
    daemon->serve("counter", std::make_shared<Counter>());
  }
  std::string path() const { return daemon->direct_endpoint().substr(7); }
};

/// A peer of the lane that speaks no rmibus.
struct Stranger {
  explicit Stranger(const std::string& path) : fd(rmi::unix_socket()) {
    REQUIRE(rmi::connect_unix(fd, path) == 0);
  }
  ~Stranger() { ::close(fd); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  void say(const std::string& bytes) const {
    (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// Whether the other end has closed.
  bool shown_out() const {
    return eventually([&] {
      char byte = 0;
      const auto got = ::recv(fd, &byte, 1, MSG_DONTWAIT);
      return got == 0 || (got < 0 && errno != EAGAIN);
    });
  }
  int fd;
};

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("the socket lies in a private folder and goes with its daemon") {
  Lane lane;
  CHECK(lane.counter->add(1) == 1);
  CHECK(fs::path(lane.path()).parent_path().lexically_normal() == lane.lanes());
  CHECK((fs::status(lane.lanes()).permissions() & fs::perms::mask) == fs::perms::owner_all);
  CHECK(files_in(lane.lanes()) == 1);
  lane.daemon.reset();
  CHECK(files_in(lane.lanes()) == 0);
}

TEST_CASE("without a runtime folder the lane lies in one of the user's under /tmp") {
  const auto expected = "/tmp/rmibus-" + std::to_string(::geteuid());
  ::unsetenv("XDG_RUNTIME_DIR");
  CHECK(rmi::lane_folder() == expected);
  ::setenv("XDG_RUNTIME_DIR", "/nowhere/at/all", 1);
  CHECK(rmi::lane_folder() == expected);
  ::setenv("XDG_RUNTIME_DIR", "relative", 1);
  CHECK(rmi::lane_folder() == expected);
  ::unsetenv("XDG_RUNTIME_DIR");
}

TEST_CASE("a folder that others can enter, or that is none, is refused with what to do") {
  Runtime runtime;
  SECTION("others can enter it") {
    fs::create_directory(runtime.lanes());
    fs::permissions(runtime.lanes(), fs::perms::owner_all | fs::perms::group_exec);
  }
  SECTION("it is a link to somewhere else") {
    fs::create_directory(runtime.folder.file("elsewhere"));
    fs::permissions(runtime.folder.file("elsewhere"), fs::perms::owner_all);
    fs::create_directory_symlink(runtime.folder.file("elsewhere"), runtime.lanes());
  }
  SECTION("it is a file") {
    std::ofstream(runtime.lanes()) << "x";
  }
  rmi::EmbeddedBroker broker(quiet_broker());
  auto options = quiet_daemon(broker.endpoint());
  options.listen = "unix://*";
  const std::string text = error_of([&] { const rmi::Daemon daemon(options); });
  CHECK(text.starts_with("cannot listen at unix://*: "));
  CHECK(text.find("must be a folder that belongs to this user and that nobody else can enter") !=
        std::string::npos);
  CHECK(text.find("XDG_RUNTIME_DIR") != std::string::npos);
}

TEST_CASE("a folder whose path is too long for a socket is refused with what to do") {
  TempFolder folder;
  const std::string deep = folder.file(std::string(90, 'x'));
  fs::create_directory(deep);
  ::setenv("XDG_RUNTIME_DIR", deep.c_str(), 1);
  const std::string text = error_of([] { const rmi::LaneFile lane; });
  ::unsetenv("XDG_RUNTIME_DIR");
  CHECK(text.starts_with("cannot listen at unix://" + deep));
  CHECK(text.find("the system takes 107; set XDG_RUNTIME_DIR to a folder with a shorter path") !=
        std::string::npos);
}

TEST_CASE("a lane chooses its own path") {
  rmi::EmbeddedBroker broker(quiet_broker());
  auto options = quiet_daemon(broker.endpoint());
  options.listen = "unix:///tmp/here";
  CHECK(error_of([&] { const rmi::Daemon daemon(options); }) ==
        "bad endpoint 'unix:///tmp/here': expected unix://*, because a local lane chooses a path "
        "that only this user can reach");
}

TEST_CASE("what dead processes left behind is swept, what lives or is being made is not") {
  Lane lane;
  const std::string dead = lane.lanes() / "1-dead.sock";
  const int fd = rmi::unix_socket();
  REQUIRE(rmi::listen_unix(fd, dead) == 0);
  ::close(fd);
  std::ofstream(lane.lanes() / "2-fresh.new") << "x";
  std::ofstream(lane.lanes() / "3-old.new") << "x";
  fs::last_write_time(lane.lanes() / "3-old.new",
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  std::ofstream(lane.lanes() / "notes.txt") << "x";
  { const rmi::LaneFile another; }
  CHECK_FALSE(fs::exists(dead));
  CHECK(fs::exists(lane.lanes() / "2-fresh.new"));
  CHECK_FALSE(fs::exists(lane.lanes() / "3-old.new"));
  CHECK(fs::exists(lane.lanes() / "notes.txt"));
  CHECK(fs::exists(lane.path()));
  CHECK(lane.counter->add(1) == 1);
}

TEST_CASE("a lane is offered to those that say they are on the same machine, and to no others") {
  Lane lane;
  const auto entry = rmi::Proxy<rmi::Names>(lane.bus, "rmi.names")->lookup("counter");
  CHECK(entry.direct == lane.daemon->direct_endpoint());
  RawPeer elsewhere(lane.broker.endpoint());
  elsewhere.greet("elsewhere");  // on a host that it calls "here"
  const auto answer = elsewhere.names<&rmi::Names::lookup>("lookup", std::string("counter"));
  rmi::NameEntry read;
  rmi::decode(answer.view.payload, {}, read);
  CHECK(read.name == "counter");
  CHECK(read.direct.empty());
}

TEST_CASE("noise ends the connection that it comes on, and no other") {
  Lane lane;
  CHECK(lane.counter->add(1) == 1);
  const std::string huge(4, '\xff');
  const Stranger announces(lane.path());
  announces.say(huge);
  CHECK(announces.shown_out());
  const Stranger says_nothing(lane.path());
  const Stranger talks_http(lane.path());
  talks_http.say("GET / HTTP/1.1\r\n\r\n");
  CHECK(talks_http.shown_out());  // "GET " is a length of half a gigabyte
  {
    const Stranger stops_in_the_middle(lane.path());
    stops_in_the_middle.say(std::string("\x40\0\0\0half", 8));
  }
  const Stranger frames_of_noise(lane.path());
  for (int i = 0; i < 100; ++i) {
    const std::string noise = rmi::random_bytes(64);
    frames_of_noise.say(std::string("\x40\0\0\0", 4) + noise);
  }
  for (int i = 0; i < 100; ++i)
    CHECK(lane.counter->add(1) == i + 2);
}

TEST_CASE("whoever comes and goes leaves nothing open") {
  Lane lane;
  CHECK(lane.counter->add(1) == 1);
  const auto open = [] { return files_in("/proc/self/fd"); };
  const auto before = open();
  for (int i = 0; i < 200; ++i)
    const Stranger stranger(lane.path());
  CHECK(eventually([&] { return open() <= before; }));
  for (int i = 0; i < 20; ++i) {
    rmi::Bus bus(quiet_bus(lane.broker.endpoint()));
    CHECK(rmi::Proxy<Counter>(bus, "counter").over(rmi::Path::direct)->add(0) == 1);
  }
  CHECK(eventually([&] { return open() <= before; }));
}

TEST_CASE("a caller that does not read its answers harms nobody") {
  Lane lane;
  const Stranger deaf(lane.path());
  // Frames that are none of version 1 are each answered with an error.
  const std::string frame = std::string("\x40\0\0\0", 4) + std::string(64, 'x');
  const int fd = deaf.fd;
  std::size_t said = 0;
  CHECK(eventually([&] {
    for (int i = 0; i < 1000; ++i)
      if (::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) ++said;
    return said > 20'000;
  }));
  for (int i = 0; i < 100; ++i)
    CHECK(lane.counter->add(1) == i + 1);
}

TEST_CASE("another user is not let in, though the socket should be open to all") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can become another user");
    return;
  }
  Lane lane;
  const std::string path = lane.path();
  for (const fs::path& opened : {fs::path(path), lane.lanes(), fs::path(lane.folder.file("."))})
    fs::permissions(opened, fs::perms::all);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    const int fd = rmi::unix_socket();
    if (rmi::connect_unix(fd, path) != 0) ::_exit(3);
    pollfd wait{fd, POLLIN, 0};
    char byte = 0;
    ::_exit(::poll(&wait, 1, 30'000) == 1 && ::recv(fd, &byte, 1, 0) == 0 ? 0 : 4);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(eventually(
      [&] { return lane.log.has("somebody who is not the user of this daemon connected"); }));
  CHECK(lane.counter->add(1) == 1);
}

TEST_CASE("a lane whose socket is gone is passed by: the broker takes the calls") {
  Lane lane;
  fs::remove(lane.path());
  CHECK(lane.counter->add(1) == 1);
  CHECK(lane.counter.async()->add(1).get() == 2);
}
