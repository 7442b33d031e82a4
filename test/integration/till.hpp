// A till that counts payments, and a shop whose broker and daemon come and go: for tests of calls
// that are made again.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "test/integration/fixture.hpp"

namespace till {
using namespace rmi_test;

class Receipt {
 public:
  int number() { return 1; }
};
RMI_INTERFACE(Receipt, number)

/// Takes payments, each of which must count once.
class Till {
 public:
  int pay(int amount) {
    ++runs;
    if (amount < 0) throw std::out_of_range("an amount below 0");
    return sum += amount;
  }
  /// Waits until it is opened, or told to stop.
  int pay_slowly(int amount) {
    ++held;
    const auto stop = rmi::context().stop_token();
    while (!open && !stop.stop_requested())
      std::this_thread::yield();
    if (stop.stop_requested()) ++stopped;
    return pay(amount);
  }
  /// Answers when `later` is fulfilled.
  rmi::Future<int> pay_later() {
    ++runs;
    return later.get_future();
  }
  int total() const { return sum; }
  std::shared_ptr<Receipt> receipt() {
    ++runs;
    return std::make_shared<Receipt>();
  }
  std::string notes() {
    std::string keys;
    for (const auto& [key, value] : rmi::context().annotations())
      keys += key + ';';
    return keys;
  }

  std::atomic<int> runs{0};
  std::atomic<int> held{0};
  std::atomic<int> stopped{0};
  std::atomic<bool> open{false};
  std::atomic<int> sum{0};
  rmi::Promise<int> later;
};
RMI_INTERFACE(Till, pay, pay_slowly, pay_later, (total, rmi::idempotent), receipt, notes)

/// A broker that can be ended and started again, a daemon, a caller.
struct Shop {
  explicit Shop(std::size_t kept_replies = 8) { open_daemon(kept_replies); }
  void open_daemon(std::size_t kept_replies = 8) {
    auto options = quiet_daemon(endpoint);
    options.listen = "ipc://" + folder.file("daemon");
    daemon.emplace(options);
    daemon->serve("till", till, {.kept_replies = kept_replies});
    daemon->serve("other", std::make_shared<Till>());
  }
  /// Ends the broker while a slow payment runs that `begin` makes.
  template <class Begin>
  auto lose(Begin begin) {
    auto call = begin();
    REQUIRE(eventually([&] { return till->held == 1; }));
    broker.reset();
    REQUIRE(eventually([&] { return !bus.connected() && !daemon->registered(); }));
    return call;
  }
  void finish_payment() {
    till->open = true;
    REQUIRE(eventually([&] { return till->runs == 1 && daemon->bus().serving() == 0; }));
  }
  rmi::Proxy<Till> proxy() { return rmi::Proxy<Till>(bus, "till").retried(); }

  TempFolder folder;
  std::string endpoint = "ipc://" + folder.file("broker");
  std::optional<rmi::EmbeddedBroker> broker{std::in_place, quiet_broker(endpoint)};
  std::shared_ptr<Till> till = std::make_shared<Till>();
  std::optional<rmi::Daemon> daemon;
  rmi::Bus bus{quiet_bus(endpoint)};
};

template <class E, class Call>
std::string text_of(Call call, rmi::Outcome outcome) {
  try {
    call();
  } catch (const E& error) {
    CHECK(error.outcome() == outcome);
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another error: ") + error.what();
  }
  return "no error";
}

inline void check_says(const std::string& text, const std::string& part) {
  CHECK_THAT(text, Catch::Contains(part));
}

}  // namespace till
