// Waiting for a link and a bell: what shows, of which link, and for how long.
#include "bus/socket_poll.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <thread>

#include "bus/event_fd.hpp"
#include "test/unit/sleeping.hpp"

using namespace std::chrono_literals;
using rmi::EventFd;
using rmi::SocketPoll;

namespace {

struct Pair {
  Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0); }
  ~Pair() {
    ::close(fds[0]);
    if (fds[1] >= 0) ::close(fds[1]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int near() const { return fds[0]; }
  void send() const { REQUIRE(::send(fds[1], "x", 1, MSG_NOSIGNAL) == 1); }
  void close_far() { ::close(std::exchange(fds[1], -1)); }
  std::array<int, 2> fds{};
};

}  // namespace

TEST_CASE(
    "what is there to be read of a link shows until it was read, and the bell until cleared") {
  const Pair pair;
  EventFd bell;
  SocketPoll poll;
  CHECK_FALSE(poll.watches(7));
  poll.watch(pair.near(), bell.fd(), 7);
  REQUIRE(poll.watches(7));
  auto ready = poll.wait(0s, 7);
  CHECK_FALSE(ready.rung);
  CHECK(ready.events == 0);

  pair.send();
  for (int i = 0; i < 2; ++i) {
    ready = poll.wait(60s, 7);
    CHECK(ready.events == POLLIN);
    CHECK_FALSE(ready.rung);
  }
  bell.ring();
  ready = poll.wait(60s, 7);
  CHECK(ready.events == POLLIN);
  CHECK(ready.rung);
  bell.clear();
  CHECK_FALSE(poll.wait(60s, 7).rung);
}

TEST_CASE("the end of a link shows") {
  Pair pair;
  const EventFd bell;
  SocketPoll poll;
  poll.watch(pair.near(), bell.fd(), 1);
  pair.close_far();
  CHECK((poll.wait(60s, 1).events & POLLHUP) != 0);
}

TEST_CASE("a link that is not watched any more does not show, nor does another one's event") {
  const Pair old;
  const Pair pair;
  EventFd bell;
  SocketPoll poll;
  poll.unwatch();
  poll.watch(old.near(), bell.fd(), 1);
  old.send();
  poll.unwatch();
  CHECK_FALSE(poll.watches(1));
  CHECK(poll.wait(1ms, 1).events == 0);
  poll.watch(old.near(), bell.fd(), 2);
  poll.watch(pair.near(), bell.fd(), 3);  // instead
  CHECK_FALSE(poll.watches(2));
  CHECK(poll.watches(3));
  CHECK(poll.wait(1ms, 3).events == 0);
  pair.send();
  CHECK(poll.wait(60s, 2).events == 0);  // of 3, which the caller does not ask for
  CHECK(poll.wait(60s, 3).events == POLLIN);
  bell.ring();
  CHECK(poll.wait(60s, 3).rung);  // once, whatever was watched before
}

TEST_CASE("a wait is no shorter than it is told") {
  const Pair pair;
  const EventFd bell;
  SocketPoll poll;
  poll.watch(pair.near(), bell.fd(), 1);
  const auto begin = std::chrono::steady_clock::now();
  poll.wait(1500us, 1);
  CHECK(std::chrono::steady_clock::now() - begin >= 1500us);
}

TEST_CASE("a thread that waits sees a bell that is rung, and a link that is watched, meanwhile") {
  const Pair pair;
  EventFd bell;
  SocketPoll poll;
  poll.watch(pair.near(), bell.fd(), 1);
  const Pair next;
  for (const bool ring : {true, false}) {
    std::atomic<pid_t> id{0};
    SocketPoll::Ready ready;
    std::thread waits([&] {
      id = gettid();
      ready = poll.wait(std::chrono::hours(10'000), 2);  // longer than an int has milliseconds
    });
    while (id == 0)
      std::this_thread::yield();
    rmi_test::wait_until_asleep(id);
    if (ring) {
      bell.ring();
    } else {
      poll.watch(next.near(), bell.fd(), 2);
      next.send();
    }
    waits.join();
    CHECK(ready.rung == ring);
    CHECK(ready.events == (ring ? 0 : POLLIN));
    bell.clear();
  }
}

TEST_CASE("without a descriptor it watches nothing, and does when there is one again") {
  const Pair pair;
  const EventFd bell;
  SocketPoll poll;
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none{0, limit.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  poll.watch(pair.near(), bell.fd(), 1);
  const bool without = poll.watches(1);
  setrlimit(RLIMIT_NOFILE, &limit);
  poll.watch(pair.near(), bell.fd(), 1);
  CHECK_FALSE(without);
  CHECK(poll.watches(1));
}
