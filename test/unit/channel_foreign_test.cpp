// Threads that answer but do no work of the channel: what their send makes the socket read must
// find a reader.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "test/unit/silent_link.hpp"

using namespace rmi_test;

TEST_CASE("a request that comes while another thread answers finds a worker") {
  struct Nothing final : Work {
    void run() override {}
  };
  Channel channel([] {});
  channel.submit(std::make_shared<Nothing>());  // from now on workers are woken, not started
  auto socket = std::make_unique<SilentLink>();
  SilentLink& line = *socket;
  const Link link = channel.attach(std::move(socket));
  channel.expect_calls();
  std::mutex mutex;
  std::condition_variable taken;
  bool came = false;
  std::thread worker([&] {
    Channel::Worker self;
    WorkPtr task;
    while (channel.next_work(
        self,
        [&](Channel::Request) {
          const std::lock_guard lock(mutex);
          came = true;
          taken.notify_all();
        },
        task)) {
    }
  });
  line.wait_until_read();  // it polls now, or is about to
  line.give(numbered(wire::Kind::call, 5, 1));
  Frame answer = numbered(wire::Kind::reply, 4, 9);
  CHECK(channel.put(answer, link, true));
  {
    std::unique_lock lock(mutex);
    CHECK(taken.wait_for(lock, 30s, [&] { return came; }));
  }
  channel.close();
  worker.join();
  channel.detach();
}
