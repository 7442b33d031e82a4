// Objects and functions that are passed: who calls whom, and how long they live.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "stage.hpp"
#include "test/support/sanitized.hpp"

using namespace acceptance;
using namespace model;

namespace {

struct Ear : Listener {
  int heard(const std::string& what) override {
    const std::lock_guard lock(mutex_);
    last_ = what;
    bus_ = &rmi::context().bus();
    return static_cast<int>(what.size());
  }
  std::string last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  /// Over whose connection the call came.
  rmi::Bus* bus() const {
    const std::lock_guard lock(mutex_);
    return bus_;
  }

 private:
  mutable std::mutex mutex_;
  std::string last_;
  rmi::Bus* bus_ = nullptr;
};

bool all_gone(Stage& stage, int but) {
  return eventually(
      [&] { return stage.count("account.made") - stage.count("account.gone") == but; });
}

}  // namespace

TEST_CASE("A121 an object that a method returns is called where it is", "[reference]") {
  Stage stage(each_way());
  const auto bank = stage.proxy<Bank>("bank");
  const auto account = bank->open("Rashmi");
  CHECK(account->owner() == "Rashmi");
  CHECK(account->deposit(5) == 5);
  CHECK(account->deposit(5) == 10);
  const rmi::Proxy<Account> copy = account;
  CHECK(copy->deposit(1) == 11);
  CHECK_FALSE(bank->open(""));
  CHECK(bank->common().name() == bank->common().name());  // one object has one name
  CHECK(account.name() != bank->open("Rashmi").name());
}

TEST_CASE("A122 a returned object lives until its last proxy goes", "[reference]") {
  Stage stage(each_transport());
  const auto bank = stage.proxy<Bank>("bank");
  {
    const auto account = bank->open("a");
    rmi::Proxy<Account> copy = account;
    CHECK(copy->deposit(1) == 1);
    CHECK(stage.count("account.made") - stage.count("account.gone") == 2);  // and the common one
  }
  CHECK(all_gone(stage, 1));
}

TEST_CASE("A123 several objects are returned at once, and go one by one", "[reference]") {
  Stage stage(each_transport());
  auto accounts = stage.proxy<Bank>("bank")->several(3);
  REQUIRE(accounts.size() == 3);
  CHECK(accounts[2]->owner() == "number 2");
  accounts.pop_back();
  CHECK(all_gone(stage, 1 + 2));
  CHECK(accounts[0]->owner() == "number 0");
  accounts.clear();
  CHECK(all_gone(stage, 1));
}

TEST_CASE("A124 a proxy is passed back, and calls the object that it stands for", "[reference]") {
  Stage stage(each_way());
  const auto bank = stage.proxy<Bank>("bank");
  const auto a = bank->open("a");
  const auto b = bank->open("b");
  a->deposit(1);
  b->deposit(2);
  CHECK(bank->total(a, b) == 3);
  CHECK(bank->total(a, a) == 2);
  CHECK(a->deposit(1) == 2);  // it is still there, though what was passed has gone
}

TEST_CASE("A125 what a session holds goes when it ends", "[reference]") {
  Stage stage(each_transport());
  ServiceProcess guest(stage.endpoint(), {"--guest", "0"});
  CHECK(stage.count("account.made") - stage.count("account.gone") == 2);
  guest.process().kill();
  CHECK(all_gone(stage, 1));
}

TEST_CASE("A126 a hundred thousand returned objects do not stay", "[reference]") {
  Stage stage(GENERATE(Way::tcp, Way::direct, Way::in_process));
  const auto bank = stage.proxy<Bank>("bank");
  const int rounds = rmi_test::sanitized ? 100 : 1000;
  for (int round = 0; round < rounds; ++round) {
    auto accounts = bank->several(100);
    accounts.clear();
    // How soon they go is for a processor to say that is shared; that they go while the session
    // lives is not.
    if (round % 100 == 99)
      REQUIRE(eventually(
          [&] { return stage.count("account.made") - stage.count("account.gone") < 5'000; }));
  }
  CHECK(stage.count("account.made") == rounds * 100 + 1);
  CHECK(all_gone(stage, 1));
}

TEST_CASE("A127 a caller passes an object of its own, and is called over its own connection",
          "[callback]") {
  Stage stage(each_way());
  rmi::Bus bus(stage.another_bus());  // that is not connected yet
  const rmi::Proxy<Bank> bank(bus, "bank");
  const auto ear = std::make_shared<Ear>();
  CHECK(bank->tell(rmi::Ref<Listener>(ear), "hello") == 5);
  CHECK(ear->last() == "hello");
  CHECK(ear->bus() == &bus);
  CHECK(bank->tell({}, "nobody") == -1);
}

TEST_CASE("A128 an object that is kept is called later, and let go when it is forgotten",
          "[callback]") {
  Stage stage(each_transport());
  const auto bank = stage.proxy<Bank>("bank");
  auto ear = std::make_shared<Ear>();
  bank->keep(rmi::Ref<Listener>(ear));
  CHECK(bank->tell_kept("later") == 5);
  const std::weak_ptr<Ear> watched = ear;
  ear.reset();
  CHECK(bank->tell_kept("still there") == 11);
  bank->forget();
  CHECK(eventually([&] { return watched.expired(); }));
}

TEST_CASE("A129 a lambda is a callback; what it throws arrives at its caller's caller",
          "[callback]") {
  Stage stage(each_way());
  rmi::Bus bus(stage.another_bus());  // that is not connected yet
  const rmi::Proxy<Bank> bank(bus, "bank");
  int factor = 2;
  CHECK(bank->call([&](int n) { return n * factor; }, 21) == 42);
  CHECK(caught<std::out_of_range>([&] {
          bank->call([](int) -> int { throw std::out_of_range("in the callback"); }, 1);
        }) == "in the callback");
}

TEST_CASE("A130 a callback whose owner went is an error that says so", "[callback]") {
  Stage stage(each_transport());
  {
    rmi::Bus guest(stage.another_bus());
    rmi::Proxy<Bank>(guest, "bank")->keep(rmi::Ref<Listener>(std::make_shared<Ear>()));
  }
  const auto bank = stage.proxy<Bank>("bank");
  CHECK(eventually([&] {
    const auto type = caught<rmi::RemoteInfo>([&] { bank->tell_kept("anybody"); });
    return has(type, "session") || has(type, "gone") || has(type, "ended");
  }));
}

TEST_CASE("A131 a callback may call the object that waits for it: no deadlock", "[callback]") {
  Stage stage(each_transport());
  const auto node = stage.proxy<Node>("node.a");  // takes one call at a time
  const int visits = node->call([&](int n) { return node->visit() + n; }, 100);
  CHECK(visits == 101);
  CHECK(node->call([&](int n) { return node->call([&](int m) { return node->visit() + m; }, n); },
                   10) == 12);
}

TEST_CASE("A132 A calls B calls A: calls of one chain re-enter objects that take one at a time",
          "[callback]") {
  Stage stage(each_way());
  CHECK(stage.proxy<Node>("node.a")->bounce("node.b", 10) == 10);
  CHECK(stage.proxy<Node>("node.a")->bounce("node.a", 5) == 5);
  CHECK(stage.proxy<Node>("node.a")->visit() == 5 + 5 + 1);
  CHECK(stage.proxy<Node>("node.b")->visit() == 5 + 1);
}

TEST_CASE("A133 another chain does not re-enter: it waits for its turn", "[callback]") {
  Stage stage(each_way());
  const auto node = stage.proxy<Node>("node.a");
  std::atomic<bool> entered{false};
  std::atomic<bool> leave{false};
  auto chain = node.async()->call(
      [&](int n) {
        entered = true;
        eventually([&] { return leave.load(); });
        return n;
      },
      3);
  REQUIRE(eventually([&] { return entered.load(); }));
  auto stranger = node.async()->visit();
  CHECK_FALSE(stranger.wait_for(50ms));
  leave = true;
  CHECK(chain.get() == 3);
  CHECK(stranger.get() == 1);
}

TEST_CASE("A134 callbacks arrive though all threads of the caller's bus are waiting",
          "[callback]") {
  Stage stage(each_transport());
  auto options = stage.another_bus();
  options.threads = 1;
  rmi::Bus bus(options);
  const rmi::Proxy<Node> node(bus, "node.a");
  // The only thread for callbacks is in one, which waits for a call that leads to another.
  const int got = node->call(
      [&](int n) {
        return node->call([&](int m) { return node->call([](int k) { return k + 1; }, m) + 1; },
                          n) +
               1;
      },
      0);
  CHECK(got == 3);
}

TEST_CASE("A135 chains through all threads of a service do not stop it", "[callback]") {
  Stage stage(each_transport());
  const auto parallel = stage.proxy<Worker>("parallel");
  std::vector<rmi::Future<std::int64_t>> nested;
  for (int i = 0; i < 64; ++i)  // the service has eight threads; each call needs two
    nested.push_back(parallel.async()->remaining_at("parallel"));
  for (auto& answer : nested)
    CHECK(answer.get() > 0);
}
