// Objects passed by reference, both ways, and how long they live.
#include <catch2/catch.hpp>

#include "test/integration/fixture.hpp"
#include "test/integration/model_types.hpp"
#include "test/support/sanitized.hpp"

using namespace rmi_test;
using namespace model;

namespace {

struct Ear : Listener {
  int heard(const std::string& what) override {
    last = what;
    return static_cast<int>(what.size());
  }
  std::string last;
};

struct Fixture {
  TempFolder folder;
  rmi::EmbeddedBroker broker;
  rmi::Daemon daemon;
  rmi::Bus bus;
  std::shared_ptr<Bank> bank_object = std::make_shared<Bank>();

  explicit Fixture(const std::string& transport = "tcp")
      : broker(quiet_broker(transport == "tcp" ? "tcp://127.0.0.1:*"
                                               : "ipc://" + folder.file("broker"))),
        daemon(quiet_daemon(broker.endpoint())),
        bus(quiet_bus(broker.endpoint())) {
    daemon.serve("bank", bank_object);
  }
  rmi::Proxy<Bank> bank{bus, "bank"};
};

}  // namespace

TEST_CASE("an object that a method returns is called where it is, and goes with its last proxy") {
  Fixture f(GENERATE("tcp", "ipc"));
  const int before = Account::alive;
  {
    auto account = f.bank->open("Rashmi");
    CHECK(account->name() == "Rashmi");
    CHECK(account->deposit(5) == 5);
    auto other = f.bank->open("Otto");
    CHECK(other->deposit(1) == 1);
    CHECK(Account::alive == before + 2);
    CHECK(f.bank->total(account, other) == 6);
  }
  CHECK(eventually([&] { return Account::alive == before; }));
  CHECK_FALSE(f.bank->open(""));
  CHECK(f.bank->shared().name() == f.bank->shared().name());  // the same object, the same name
}

TEST_CASE("a hundred thousand returned objects do not stay") {
  Fixture f;
  const int before = Account::alive;
  int most = 0;
  const int rounds = sanitized ? 50 : 1000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<rmi::Future<rmi::Proxy<Account>>> accounts;
    for (int i = 0; i < 100; ++i)
      accounts.push_back(f.bank.async()->open("x"));
    for (auto& account : accounts)
      account.get();
    most = std::max<int>(most, Account::alive);
  }
  CHECK(most < 50000);
  CHECK(eventually([&] { return Account::alive == before; }));
}

TEST_CASE("what a session holds goes when it ends") {
  Fixture f;
  const int before = Account::alive;
  {
    rmi::Bus bus(quiet_bus(f.broker.endpoint()));
    rmi::Proxy<Account> account = rmi::Proxy<Bank>(bus, "bank")->open("x");
    account->deposit(1);
    CHECK(Account::alive == before + 1);
    static auto* const kept = new std::vector<rmi::Proxy<Account>>;  // never given back
    kept->push_back(account);
  }
  CHECK(eventually([&] { return Account::alive == before; }));
}

TEST_CASE("a caller passes an object of its own, and is called back over its own connection") {
  Fixture f(GENERATE("tcp", "ipc"));
  auto ear = std::make_shared<Ear>();
  CHECK(f.bank->tell(rmi::Ref<Listener>(ear), "hello") == 5);
  CHECK(ear->last == "hello");
  CHECK(f.bank->tell({}, "nobody") == -1);
  f.bank->keep(rmi::Ref<Listener>(ear));
  CHECK(f.bank->tell_kept("later") == 5);
  std::weak_ptr<Ear> watched = ear;
  ear.reset();
  CHECK(f.bank->tell_kept("still there") == 11);
  f.bank->forget();
  CHECK(eventually([&] { return watched.expired(); }));
}

TEST_CASE("a function is passed as a callback, and what it throws arrives at its caller's caller") {
  Fixture f(GENERATE("tcp", "ipc"));
  int calls = 0;
  CHECK(f.bank->call(
            [&](int n) {
              ++calls;
              return n * 2;
            },
            21) == 42);
  CHECK(calls == 1);
  try {
    f.bank->throw_it([] { throw std::out_of_range("in the callback"); });
    FAIL("an exception was expected");
  } catch (const std::out_of_range& error) {
    CHECK(std::string(error.what()) == "in the callback");
  }
}

TEST_CASE("a callback whose owner is gone is an error that says so") {
  Fixture f;
  {
    rmi::Bus bus(quiet_bus(f.broker.endpoint()));
    rmi::Proxy<Bank>(bus, "bank")->keep(rmi::Ref<Listener>(std::make_shared<Ear>()));
  }
  CHECK(eventually([&] {
    try {
      f.bank->tell_kept("anybody");
    } catch (const rmi::RemoteInfo& info) {
      return info.type == "rmi::NameNotFound" || info.type == "rmi::ConnectionLost";
    }
    return false;
  }));
}
