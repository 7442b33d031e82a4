// Random calls under random faults: what callers are told is what happened.
//
// The faults come by a seeded schedule, which is counted in calls that end, not in time.
// RMI_HISTORY_SECONDS (60) says how long, RMI_HISTORY_SEED repeats a schedule.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iostream>
#include <random>
#include <string_view>

#include "history.hpp"
#include "ledger.hpp"
#include "test/acceptance/stage.hpp"

using namespace acceptance;
using fault::Ended;
using fault::Ledger;
using fault::Told;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

/// One caller with a connection of its own, that calls and notes how each call ends.
class Caller {
 public:
  Caller(const std::string& broker, std::uint64_t number, std::uint64_t seed,
         std::atomic<std::uint64_t>& ended)
      : random_(seed + number), next_id_(number << 40U), ended_(ended), bus_(quiet_bus(broker)) {}

  void run(const std::atomic<bool>& stop) {
    using Kind = void (Caller::*)();
    static constexpr std::array<Kind, 7> kinds{&Caller::once,   &Caller::again, &Caller::tell,
                                               &Caller::fail,   &Caller::batch, &Caller::stream,
                                               &Caller::retried};
    while (!stop) {
      (this->*kinds[random_() % kinds.size()])();
      ++ended_;
    }
  }
  const std::vector<Ended>& calls() const noexcept { return calls_; }

 private:
  rmi::Proxy<Ledger> proxy() { return proxy(random_() % 2 == 0 ? "shared" : "single"); }
  rmi::Proxy<Ledger> proxy(std::string_view name) {
    timeout_ = milliseconds(50 + random_() % 2000);
    const rmi::Proxy<Ledger> ledger(bus_, name);
    return (random_() % 2 == 0 ? ledger.waiting() : ledger).with_timeout(timeout_);
  }
  /// Makes one call. @param act  returns whether it came back with the right result.
  template <class Act>
  void note(Act act, Told when_done = Told::result, bool idempotent = false) {
    note(proxy(), act, when_done, idempotent);
  }
  template <class Act>
  void note(const rmi::Proxy<Ledger>& ledger, Act act, Told when_done, bool idempotent) {
    Ended call;
    call.id = ++next_id_;
    call.idempotent = idempotent;
    const auto deadline = steady_clock::now() + timeout_;
    try {
      act(ledger, call.id);
      call.told = when_done;
    } catch (const std::exception& error) {
      blame(call, error);
    }
    call.late = std::chrono::duration_cast<milliseconds>(steady_clock::now() - deadline);
    calls_.push_back(std::move(call));
  }
  static void blame(Ended& call, const std::exception& error) {
    call.text = error.what();
    const auto* of_bus = dynamic_cast<const rmi::Error*>(&error);
    const auto outcome = of_bus == nullptr ? rmi::Outcome::executed : of_bus->outcome();
    call.told = outcome == rmi::Outcome::executed       ? Told::result
                : outcome == rmi::Outcome::not_executed ? Told::not_executed
                                                        : Told::unknown;
  }
  static void must(bool right, const std::string& what) {
    if (!right) throw std::logic_error(what + " has the result of another call");
  }

  void once() {
    note([](const auto& ledger, auto id) { must(ledger->once(id) == id, "once"); });
  }
  void again() {
    note([](const auto& ledger, auto id) { must(ledger->again(id) == id, "again"); }, Told::result,
         true);
  }
  /// Made again when it is lost, and run once all the same.
  void retried() {
    note(
        proxy("single").retried(),
        [](const auto& ledger, auto id) { must(ledger->once(id) == id, "retried"); }, Told::result,
        false);
  }
  void tell() {
    note([](const auto& ledger, auto id) { ledger->tell(id); }, Told::unknown);
  }
  void fail() {
    note([](const auto& ledger, auto id) {
      try {
        ledger->fail(id);
        must(false, "fail");
      } catch (const std::domain_error& error) {
        must(error.what() == std::to_string(id), "fail");
      }
    });
  }
  void batch() {
    const rmi::Proxy<Ledger> ledger = proxy();
    const auto deadline = steady_clock::now() + timeout_;
    rmi::Batch<Ledger> calls(ledger);
    std::vector<std::pair<Ended, rmi::BatchResult<std::uint64_t>>> results;
    for (int i = 0; i < 3; ++i) {
      Ended call;
      call.id = ++next_id_;
      results.emplace_back(call, calls->once(call.id));
    }
    std::exception_ptr whole;
    try {
      calls.run();
    } catch (...) {
      whole = std::current_exception();
    }
    for (auto& [call, result] : results) {
      call.late = std::chrono::duration_cast<milliseconds>(steady_clock::now() - deadline);
      try {
        if (!result.ready()) std::rethrow_exception(whole);
        must(result.get() == call.id, "a batch");
        call.told = Told::result;
      } catch (const std::exception& error) {
        blame(call, error);
      }
      calls_.push_back(call);
    }
  }
  void stream() {
    note([](const auto& ledger, auto id) {
      std::uint64_t wanted = id;
      for (const std::uint64_t item : ledger->count(id, 20))
        must(item == wanted++, "a stream");
      must(wanted == id + 20, "a stream");
    });
    Ended& call = calls_.back();
    // The stream was opened, whatever became of its items; each of their calls has its own time.
    if (call.told == Told::not_executed) call.told = Told::unknown;
    call.late = milliseconds(0);
  }

  std::mt19937_64 random_;
  std::uint64_t next_id_;
  std::atomic<std::uint64_t>& ended_;
  milliseconds timeout_{0};
  std::vector<Ended> calls_;
  rmi::Bus bus_;
};

/// A broker and services that are killed, paused and replaced.
class Victims {
 public:
  explicit Victims(std::string ledger) : ledger_(std::move(ledger)) {
    for (std::size_t at = 0; at < services_.size(); ++at)
      start(at);
  }
  const std::string& endpoint() const noexcept { return broker_.endpoint(); }

  void strike(std::uint64_t choice, const std::function<void()>& a_while) {
    const std::size_t at = choice / 16 % services_.size();
    Process& service = *services_[at];
    switch (choice % 16) {
      case 0:
      case 1:
        broker_.restart();
        break;
      case 2:
        paused(broker_.process(), a_while);
        break;
      case 3:
      case 4:
        paused(service, a_while);
        break;
      case 5:
      case 6:
      case 7:
        CHECK(service.stop() == 0);  // drains
        start(at);
        break;
      case 8:  // its successor is there before it
        replace(at);
        break;
      case 9:
        service.kill();
        a_while();
        start(at);
        break;
      default:
        service.kill();
        start(at);
    }
  }
  void stop() {
    for (auto& service : services_)
      CHECK(service->stop() == 0);
  }

 private:
  std::unique_ptr<Process> made(std::size_t at) const {
    std::vector<std::string> command{program("LEDGER_SERVICE_PROGRAM"), endpoint(), ledger_};
    if (at != 0) command.emplace_back("--shared");
    auto service = std::make_unique<Process>(command, std::vector<std::string>{"RMI_LOG=off"});
    REQUIRE(service->line() == "Ready");
    return service;
  }
  void start(std::size_t at) { services_[at] = made(at); }
  void replace(std::size_t at) {
    auto successor = made(at);
    CHECK(services_[at]->stop() == 0);
    services_[at] = std::move(successor);
  }
  static void paused(Process& process, const std::function<void()>& a_while) {
    process.send(SIGSTOP);
    a_while();
    process.send(SIGCONT);
  }

  const std::string ledger_;
  BrokerProcess broker_{Way::tcp, {"--log-level", "off"}};
  std::array<std::unique_ptr<Process>, 3> services_;
};

std::map<std::uint64_t, std::uint64_t> read_ledger(const std::string& path) {
  std::map<std::uint64_t, std::uint64_t> ran;
  std::ifstream file(path);
  for (std::uint64_t id = 0; file >> id;)
    ++ran[id];
  return ran;
}

}  // namespace

TEST_CASE("callers are told what happened, whatever is killed or paused meanwhile") {
  const auto seed = number_from("RMI_HISTORY_SEED", std::random_device{}());
  const std::chrono::seconds length(number_from("RMI_HISTORY_SECONDS", 60));
  std::cout << "RMI_HISTORY_SEED=" << seed << std::endl;
  const TempFolder folder;
  const std::string path = folder.file("ledger");
  Victims victims(path);

  std::atomic<std::uint64_t> ended{0};
  std::atomic<bool> stop{false};
  std::vector<std::unique_ptr<Caller>> callers;
  for (std::uint64_t number = 1; number <= 6; ++number)
    callers.push_back(std::make_unique<Caller>(victims.endpoint(), number, seed, ended));
  std::vector<std::thread> threads;
  for (auto& caller : callers)
    threads.emplace_back([&stop, &caller] { caller->run(stop); });

  std::mt19937_64 random(seed);
  const auto some_calls = [&](std::uint64_t most) {
    const std::uint64_t until = ended + 1 + random() % most;
    CHECK(eventually([&] { return ended >= until; }));
  };
  const auto end = steady_clock::now() + length;
  std::uint64_t faults = 0;
  for (; steady_clock::now() < end; ++faults) {
    some_calls(300);
    victims.strike(random(), [&] { some_calls(20); });
  }
  stop = true;
  for (auto& thread : threads)
    thread.join();
  victims.stop();

  std::vector<Ended> calls;
  for (const auto& caller : callers)
    calls.insert(calls.end(), caller->calls().begin(), caller->calls().end());
  std::map<Told, std::uint64_t> totals;
  for (const Ended& call : calls)
    ++totals[call.told];
  std::cout << faults << " faults, " << calls.size() << " calls: " << totals[Told::result]
            << " with a result, " << totals[Told::not_executed] << " not executed, "
            << totals[Told::unknown] << " unknown" << std::endl;
  CHECK(totals[Told::result] > 0);
  for (const auto& contradiction : fault::contradictions(calls, read_ledger(path), patience() / 6))
    FAIL_CHECK(contradiction);
}
