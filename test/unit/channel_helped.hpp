// A channel whose asynchronous calls a test begins and helps to end.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <rmi/future.hpp>

#include "test/unit/channel_fixture.hpp"

namespace rmi_test {

struct Ended : Channel::Completion {
  void run() override {
    ran_on = std::this_thread::get_id();
    if (promise) promise->set_value();
    over = true;
  }
  std::uint64_t id = 0;
  std::thread::id ran_on;
  std::optional<Promise<void>> promise;
  std::atomic<bool> over{false};
};

/// A channel with two workers, as a bus has them.
struct Helped : Fixture {
  explicit Helped(int threads = 2) {
    for (int i = 0; i < threads; ++i)
      workers.emplace_back([this] {
        Channel::Worker self;
        WorkPtr task;
        while (channel.next_work(
            self, [](Channel::Request) {}, task)) {
          if (task) std::exchange(task, nullptr)->run();
          channel.wake_helper();  // as a future does that is complete
        }
      });
  }
  ~Helped() {
    channel.close();
    for (auto& worker : workers)
      worker.join();
  }
  Helped(const Helped&) = delete;
  Helped& operator=(const Helped&) = delete;

  std::shared_ptr<Ended> begin(std::uint64_t number) {
    auto call = std::make_shared<Ended>();
    start(call, number);
    return call;
  }
  void start(const std::shared_ptr<Ended>& call, std::uint64_t number) {
    Frame frame = numbered(wire::Kind::call, number);
    Channel::End end{};
    call->id = channel.start(frame, link, call, end);
    REQUIRE(call->id != 0);
  }
  /// @return whether it was for this thread to do.
  bool help(const Ended& call, SteadyTime deadline = in(60s)) {
    return channel.help(
        nothing, [&] { return call.over.load(); }, deadline);
  }
  void wait(const Ended& call) {
    for (const auto end = in(60s); !call.over && std::chrono::steady_clock::now() < end;)
      std::this_thread::yield();
  }
  /// Makes sure that a worker leads.
  void attend() {
    auto answered = echo(1);
    auto call = std::make_shared<Ended>();
    start(call, 0);
    channel.await(*call, call->id);
    wait(*call);
    answered.join();
  }
  detail::FutureState<void> nothing;
  std::vector<std::thread> workers;
};

}  // namespace rmi_test
