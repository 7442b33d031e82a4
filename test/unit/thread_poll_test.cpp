// What threads sleep on: rings, watched descriptors, and whom an epoll belongs to.
#include "bus/thread_poll.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "test/support/sanitized.hpp"
#include "test/unit/sleeping.hpp"

using namespace std::chrono_literals;
using rmi::EventFd;
using rmi::SteadyTime;
using rmi::ThreadPoll;

namespace {

SteadyTime in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

/// A thread that sleeps once, until told something.
struct Sleeper {
  std::atomic<ThreadPoll*> poll{nullptr};
  std::atomic<pid_t> id{0};
  short events = -1;
  std::thread thread{[this] {
    poll = ThreadPoll::of_this_thread();
    id = gettid();
    events = poll.load()->wait(SteadyTime::max());
  }};

  void wait_until_asleep() {
    while (id == 0)
      std::this_thread::yield();
    rmi_test::wait_until_asleep(id);
  }
};

}  // namespace

TEST_CASE("a ring wakes the thread that sleeps, and one before it slept is not lost") {
  Sleeper sleeper;
  sleeper.wait_until_asleep();
  sleeper.poll.load()->ring();
  sleeper.thread.join();
  CHECK(sleeper.events == 0);

  ThreadPoll& mine = *ThreadPoll::of_this_thread();
  mine.ring();
  const auto deadline = in(60s);
  CHECK(mine.wait(deadline) == 0);
  CHECK(std::chrono::steady_clock::now() < deadline);
}

TEST_CASE("nothing wakes a thread before its deadline, and that does") {
  ThreadPoll& mine = *ThreadPoll::of_this_thread();
  mine.ring();
  mine.wait(in(0ms));  // that ring
  const auto deadline = in(20ms);
  CHECK(mine.wait(deadline) == 0);
  CHECK(std::chrono::steady_clock::now() >= deadline);
  CHECK(mine.wait(in(-1000ms)) == 0);
}

TEST_CASE("a sleeping thread can be made to watch a descriptor") {
  EventFd socket;
  Sleeper sleeper;
  sleeper.wait_until_asleep();
  ThreadPoll& poll = *sleeper.poll.load();
  REQUIRE(poll.watch(socket.fd(), POLLIN));
  CHECK_FALSE(poll.watch(socket.fd(), POLLIN));  // it does so already
  socket.ring();
  sleeper.thread.join();
  CHECK(sleeper.events == POLLIN);
  poll.unwatch(socket.fd());
}

TEST_CASE("what is ready already wakes a thread that is to watch it, and nothing does after that") {
  EventFd socket;
  socket.ring();
  ThreadPoll& mine = *ThreadPoll::of_this_thread();
  REQUIRE(mine.watch(socket.fd(), POLLIN));
  CHECK(mine.wait(in(60s)) == POLLIN);
  mine.unwatch(socket.fd());
  mine.unwatch(socket.fd());
  CHECK(mine.wait(in(1ms)) == 0);
  CHECK_FALSE(mine.watch(-1, POLLIN));
}

TEST_CASE("each thread has its own, and gives it to another one when it ends") {
  std::set<ThreadPoll*> used{ThreadPoll::of_this_thread()};
  CHECK(ThreadPoll::of_this_thread() == *used.begin());
  ThreadPoll* first = nullptr;
  std::thread([&] { first = ThreadPoll::of_this_thread(); }).join();
  CHECK(used.count(first) == 0);
  ThreadPoll* second = nullptr;
  std::thread([&] { second = ThreadPoll::of_this_thread(); }).join();
  CHECK(second == first);
}

TEST_CASE("a forked child does not take the rings of its parent") {
  ThreadPoll& mine = *ThreadPoll::of_this_thread();
  mine.wait(in(0ms));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ThreadPoll* const own = ThreadPoll::of_this_thread();
    const bool right = own != nullptr && own != &mine;
    if (right) own->ring();
    const auto deadline = in(60s);
    if (right) own->wait(deadline);
    _exit(right && std::chrono::steady_clock::now() < deadline ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
  const auto deadline = in(1ms);
  mine.wait(deadline);
  CHECK(std::chrono::steady_clock::now() >= deadline);  // nor does the parent take the child's
}

TEST_CASE("without descriptors a thread has none, and gets one when there are some again") {
  if (rmi_test::needs_descriptors) return;
  std::thread([] { ThreadPoll::of_this_thread(); }).join();
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none{3, limit.rlim_max};  // all of these are used, and poll() takes three
  ThreadPoll* of_pool = nullptr;
  ThreadPoll* without = nullptr;
  ThreadPoll* with = nullptr;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  std::thread([&] {
    of_pool = ThreadPoll::of_this_thread();
    std::thread([&] {
      without = ThreadPoll::of_this_thread();
      setrlimit(RLIMIT_NOFILE, &limit);
      with = ThreadPoll::of_this_thread();
    }).join();
  }).join();
  CHECK(of_pool != nullptr);
  CHECK(without == nullptr);
  CHECK(with != nullptr);
}
