// Threads that answer but do no work of the channel: what their send makes the socket read must
// find a reader.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "test/unit/channel_fixture.hpp"

using namespace rmi_test;

namespace {

/// A link whose descriptor never says that something is there: as that of libzmq does not when
/// another thread has used the socket before the poll came to look.
class SilentLink final : public LinkSocket {
 public:
  bool send(Frame& frame) noexcept override {
    Frame(std::move(frame));
    return true;
  }
  bool receive(Frame& frame) noexcept override {
    const std::lock_guard lock(mutex_);
    if (frames_.empty()) {
      ++empty_;
      changed_.notify_all();
      return false;
    }
    frame = std::move(frames_.front());
    frames_.pop_front();
    return true;
  }
  int fd() const noexcept override { return never_.fd(); }
  bool shows_all() const noexcept override { return false; }
  LinkEvent next_event(int, std::chrono::milliseconds) override { return LinkEvent::none; }
  void abandon() noexcept override {}

  void give(Frame frame) {
    const std::lock_guard lock(mutex_);
    frames_.push_back(std::move(frame));
  }
  /// Waits until somebody has found nothing here.
  void wait_until_read() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return empty_ != 0; });
  }

 private:
  EventFd never_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Frame> frames_;
  int empty_ = 0;
};

}  // namespace

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
  CHECK(channel.post(answer, link, true));
  {
    std::unique_lock lock(mutex);
    CHECK(taken.wait_for(lock, 30s, [&] { return came; }));
  }
  channel.close();
  worker.join();
  channel.detach();
}
