// A bank: `bank ledger` keeps the money, `bank teller` (any number of them) moves it, `bank` has
// some moved, more than there is at times.
#include "bank.hpp"

#include <iostream>
#include <memory>
#include <vector>

#include <rmi/rmi.hpp>

void keep_ledger() {
  rmi::Daemon daemon;
  daemon.serve("ledger", std::make_shared<Ledger>());
  daemon.run();
}

void be_teller() {
  rmi::Daemon daemon;
  const auto ledger = rmi::Proxy<Ledger>(daemon.bus(), "ledger").waiting();
  daemon.serve("bank", std::make_shared<Teller>(ledger), {.mode = rmi::NameMode::shared});
  std::cout << "Ready" << std::endl;
  daemon.run();
}

void move_money() {
  rmi::Bus bus;
  const auto ledger = rmi::Proxy<Ledger>(bus, "ledger").waiting();
  const auto bank = rmi::Proxy<Teller>(bus, "bank").waiting();
  ledger->open("Rashmi", 10'000);
  ledger->open("Otto", 0);

  std::vector<rmi::Future<void>> transfers;  // 40 times 3.00, of the 100.00 that are there
  for (int i = 0; i < 40; ++i)
    transfers.push_back(bank.async()->transfer("Rashmi", "Otto", 300));
  int refused = 0;
  for (auto& transfer : transfers) {
    try {
      transfer.get();
    } catch (const NotEnough& error) {
      if (++refused == 1) std::cout << error.what() << ": " << error.balance << " are left\n";
    }
  }
  std::cout << refused << " refused\n";

  try {
    bank->transfer("Otto", "Nobody", 500);
  } catch (const std::out_of_range&) {
    std::cout << "Nobody has no account\n";
  }
  std::cout << "Rashmi " << ledger->balance("Rashmi") << ", Otto " << ledger->balance("Otto")
            << '\n';
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "ledger") keep_ledger();
  if (what == "teller") be_teller();
  if (what.empty()) move_money();
}
