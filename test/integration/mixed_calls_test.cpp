// Quick, slow, asynchronous and oneway calls of several buses at once: none is lost, and none waits
// until somebody happens to look. With RMI_MIXED_TIMES=50 so many times as many, to find what is
// rare.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "test/integration/fixture.hpp"

using namespace rmi_test;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// A thread of its own that answers what was asked.
class Answerer {
 public:
  Answerer() : thread_([this] { run(); }) {}
  ~Answerer() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;

  rmi::Future<int> ask(int number) {
    rmi::Promise<int> promise;
    auto future = promise.get_future();
    {
      const std::lock_guard lock(mutex_);
      asked_.emplace_back(number, std::move(promise));
    }
    changed_.notify_one();
    return future;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return over_ || !asked_.empty(); });
      if (asked_.empty()) return;
      auto [number, promise] = std::move(asked_.front());
      asked_.pop_front();
      lock.unlock();
      promise.set_value(number + 1);
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<int, rmi::Promise<int>>> asked_;
  bool over_ = false;
  std::thread thread_;
};

class Mixer {
 public:
  int quick(int number) { return number + 1; }
  /// Longer than any work that is taken for quick.
  int slow(int number) {
    const auto end = steady_clock::now() + milliseconds(1);
    while (steady_clock::now() < end)
      std::this_thread::yield();
    return number + 1;
  }
  rmi::Future<int> later(int number) { return answerer_.ask(number); }
  void note(int number) { noted_ += number; }
  int noted() { return noted_; }

 private:
  std::atomic<int> noted_{0};
  Answerer answerer_;
};
RMI_INTERFACE(Mixer, quick, slow, later, note, noted)

/// How long the machine keeps a thread that wants to run from it: calls wait as long.
class Lateness {
 public:
  Lateness() : thread_([this] { run(); }) {}
  ~Lateness() { end(); }
  Lateness(const Lateness&) = delete;
  Lateness& operator=(const Lateness&) = delete;

  milliseconds end() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
    return longest_;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!over_) {
      const auto due = steady_clock::now() + milliseconds(5);
      changed_.wait_until(lock, due, [this] { return over_; });
      const auto late = std::chrono::duration_cast<milliseconds>(steady_clock::now() - due);
      longest_ = std::max(longest_, late);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  milliseconds longest_{0};
  std::thread thread_;
};

/// What callers saw.
struct Seen {
  void wrong() { ++wrongs; }
  void failed(const std::string& text) {
    const std::lock_guard lock(mutex);
    errors.push_back(text);
  }
  void waited(steady_clock::duration time) {
    auto before = longest.load();
    while (time.count() > before && !longest.compare_exchange_weak(before, time.count())) {
    }
  }
  std::atomic<int> wrongs{0};
  std::atomic<steady_clock::rep> longest{0};
  std::mutex mutex;
  std::vector<std::string> errors;
};

/// Makes the calls one after the other.
template <class Call>
void one_by_one(Seen& seen, int calls, Call call) {
  for (int i = 0; i < calls; ++i) {
    const auto before = steady_clock::now();
    if (call(i) != i + 1) seen.wrong();
    seen.waited(steady_clock::now() - before);
  }
}

/// Keeps so many in flight.
template <class Start>
void in_flight(Seen& seen, int calls, std::size_t window, Start start) {
  struct Call {
    rmi::Future<int> answer;
    int number;
    steady_clock::time_point since;
  };
  std::deque<Call> flight;
  const auto end_oldest = [&] {
    if (flight.front().answer.get() != flight.front().number + 1) seen.wrong();
    seen.waited(steady_clock::now() - flight.front().since);
    flight.pop_front();
  };
  for (int i = 0; i < calls; ++i) {
    if (flight.size() == window) end_oldest();
    const auto now = steady_clock::now();
    flight.push_back({start(i), i, now});
  }
  while (!flight.empty())
    end_oldest();
}

int times() {
  const char* variable = std::getenv("RMI_MIXED_TIMES");
  return variable == nullptr ? 1 : std::max(1, std::atoi(variable));
}

/// Every way to call, all over one bus.
struct Callers {
  Callers(const std::string& broker, Seen& all_seen)
      : bus(quiet_bus(broker)), mixer(bus, "mixer"), seen(all_seen) {}
  void start() {
    for (int i = 0; i < 2; ++i)
      run([&] { one_by_one(seen, 1500 * times(), [&](int n) { return mixer->quick(n); }); });
    run([&] { one_by_one(seen, 200 * times(), [&](int n) { return mixer->slow(n); }); });
    run([&] { one_by_one(seen, 800 * times(), [&](int n) { return mixer->later(n); }); });
    run([&] {
      in_flight(seen, 4000 * times(), 32, [&](int n) { return mixer.async()->quick(n); });
    });
    run([&] {
      in_flight(seen, 2000 * times(), 8, [&](int n) { return mixer.async()->later(n); });
    });
    run([&] {
      in_flight(seen, 1000 * times(), 4, [&](int n) {
        return mixer.async()->quick(n - 1).then([this](int m) { return mixer.async()->quick(m); });
      });
    });
    run([&] {
      one_by_one(seen, 1000 * times(), [&](int n) {
        mixer.oneway()->note(1);
        return n % 50 == 0 ? mixer->quick(n) : n + 1;  // not faster than they are taken
      });
    });
  }
  /// Catches what a thread must not let out.
  template <class Fn>
  void run(Fn calls) {
    threads.emplace_back([this, calls] {
      try {
        calls();
      } catch (const std::exception& error) {
        seen.failed(error.what());
      }
    });
  }
  void join() {
    for (auto& thread : threads)
      thread.join();
  }

  rmi::Bus bus;
  rmi::Proxy<Mixer> mixer;
  Seen& seen;
  std::vector<std::thread> threads;
};

}  // namespace

TEST_CASE("all ways to call at once, over several buses") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Daemon daemon(quiet_daemon(broker.endpoint()));
  daemon.serve("mixer", std::make_shared<Mixer>());
  Lateness lateness;
  Seen seen;
  Callers first(broker.endpoint(), seen);
  Callers second(broker.endpoint(), seen);
  first.start();
  second.start();
  first.join();
  second.join();
  CHECK(seen.errors == std::vector<std::string>{});
  CHECK(seen.wrongs == 0);
  CHECK(eventually([&] { return first.mixer->noted() == 2000 * times(); }));
  // Whoever nobody reads for is found after two seconds, by a heartbeat.
  const auto longest =
      std::chrono::duration_cast<milliseconds>(steady_clock::duration(seen.longest));
  CHECK(longest.count() < 1000 + 10 * lateness.end().count());
}
