// Classes that the tests of the object model serve.
#pragma once

#include <poll.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <rmi/rmi.hpp>
#include <string>
#include <thread>
#include <vector>

namespace model {

/// What a method that takes its time does.
inline void take_time(int milliseconds) {
  ::poll(nullptr, 0, milliseconds);
}

/// Is told things.
struct Listener {
  virtual ~Listener() = default;
  virtual int heard(const std::string& what) = 0;
};
RMI_INTERFACE(Listener, heard)

/// Made and returned by others.
struct Account {
  explicit Account(std::string of = {}) : owner(std::move(of)) { ++alive; }
  ~Account() { --alive; }
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;
  std::string name() { return owner; }
  int deposit(int amount) { return balance += amount; }
  std::string owner;
  int balance = 0;
  static inline std::atomic<int> alive{0};
};
RMI_INTERFACE(Account, name, deposit)

struct Bank {
  std::shared_ptr<Account> open(const std::string& owner) {
    if (owner.empty()) return nullptr;
    return std::make_shared<Account>(owner);
  }
  std::shared_ptr<Account> shared() { return common; }
  int total(const rmi::Proxy<Account>& a, const rmi::Proxy<Account>& b) {
    return a->deposit(0) + b->deposit(0);
  }
  int tell(const rmi::Ref<Listener>& listener, const std::string& what) {
    return listener ? listener->heard(what) : -1;
  }
  void keep(const rmi::Ref<Listener>& listener) { kept = listener; }
  int tell_kept(const std::string& what) { return kept->heard(what); }
  void forget() { kept = {}; }
  int call(const rmi::Callback<int(int)>& function, int value) { return function(value); }
  void throw_it(const rmi::Callback<void()>& function) { function(); }

  std::shared_ptr<Account> common = std::make_shared<Account>("common");
  rmi::Ref<Listener> kept;
};
RMI_INTERFACE(Bank, open, shared, total, tell, keep, tell_kept, forget, call, throw_it)

struct Counter {
  int add(int n) { return sum += n; }
  void post(int n) {
    take_time(n);
    sum += n;
    if (n == 13) throw std::runtime_error("unlucky");
  }
  int fail(const std::string& text) { throw std::domain_error(text); }
  int sum = 0;
};
RMI_INTERFACE(Counter, add, (post, rmi::oneway), fail)

struct Slow {
  rmi::Future<int> later() {
    const std::lock_guard lock(mutex);
    return promises.emplace_back().get_future();
  }
  void release(int value) {
    std::vector<rmi::Promise<int>> released;
    {
      const std::lock_guard lock(mutex);
      released.swap(promises);
    }
    for (auto& promise : released)
      promise.set_value(int{value});
  }
  std::size_t promised() {
    const std::lock_guard lock(mutex);
    return promises.size();
  }
  rmi::Task<int> twice(rmi::Proxy<Counter> counter, int n) {
    const int first = co_await counter.async()->add(n);
    const int second = co_await counter.async()->add(n);
    co_return first + second;
  }
  rmi::Task<void> failing() {
    co_await rmi::make_ready_future();
    throw std::out_of_range("in a task");
  }
  std::mutex mutex;
  std::vector<rmi::Promise<int>> promises;
};
RMI_INTERFACE(Slow, later, release, twice, failing)

struct Feed {
  rmi::Stream<int> count(int from, int to) {
    struct Alive {
      Alive() { ++open; }
      ~Alive() { --open; }
    } alive;
    for (int i = from; i < to; ++i)
      co_yield i;
  }
  rmi::Stream<int> broken(int after) {
    for (int i = 0; i < after; ++i)
      co_yield i;
    throw std::domain_error("the feed broke");
  }
  rmi::Stream<std::string> burst() {
    co_yield "now";
    co_yield "and now";
    while (!released)
      take_time(1);
    co_yield "later";
  }
  rmi::Stream<int> brief() {
    return count(0, 1000000000).with_lifetime(std::chrono::milliseconds(200));
  }
  rmi::Stream<int> fleeting() {
    return count(0, 1000000000).with_linger(std::chrono::milliseconds(0));
  }
  rmi::Stream<int> silent() {
    auto [writer, stream] = rmi::make_stream<int>();
    silent_one = std::move(writer);
    return std::move(stream).with_linger(std::chrono::milliseconds(0));
  }
  bool deserted() { return silent_one.closed(); }
  int add(rmi::Stream<int> numbers) {
    int sum = 0;
    for (const int n : numbers)
      sum += n;
    return sum;
  }
  rmi::StreamWriter<int> silent_one;
  static inline std::atomic<int> open{0};
  static inline std::atomic<bool> released{false};
};
RMI_INTERFACE(Feed, silent, deserted, count, broken, burst, brief, fleeting, add)

struct Store {
  rmi::Blob keep(const rmi::Blob& blob) { return last = blob; }
  std::uint64_t size() { return last.size(); }
  rmi::Blob last;
};
RMI_INTERFACE(Store, keep, size)

/// Passes everything on to another object, without knowing what it is.
struct Front : rmi::RawObject {
  Front(rmi::Bus& bus, std::string_view object) : back(bus, object) {}
  rmi::Future<rmi::Blob> call(const rmi::RawCall& call) override {
    ++calls;
    return back.call(call);
  }
  std::string schema() override { return back.schema(); }
  rmi::RawProxy back;
  std::atomic<int> calls{0};
};

}  // namespace model
