// A bank: one ledger, and tellers who move money between its accounts.
#pragma once

#include <map>
#include <stdexcept>
#include <string>

#include <rmi/exception.hpp>
#include <rmi/interface.hpp>

struct NotEnough : std::runtime_error {
  using std::runtime_error::runtime_error;
  long balance = 0;
  long wanted = 0;
};
RMI_EXCEPTION(NotEnough, balance, wanted)

/// There is one. It is called by one teller at a time.
class Ledger {
 public:
  void open(const std::string& account, long cents) { accounts_[account] = cents; }
  /// @throws std::out_of_range  no such account.
  long balance(const std::string& account) const { return accounts_.at(account); }
  void deposit(const std::string& account, long cents) { accounts_.at(account) += cents; }
  /// @throws NotEnough
  void withdraw(const std::string& account, long cents) {
    long& balance = accounts_.at(account);
    if (balance < cents) {
      NotEnough error("not enough money");
      error.balance = balance;
      error.wanted = cents;
      throw error;
    }
    balance -= cents;
  }

 private:
  std::map<std::string, long> accounts_;
};
RMI_INTERFACE(Ledger, open, balance, deposit, withdraw)

/// There are several under one name.
class Teller {
 public:
  explicit Teller(rmi::Proxy<Ledger> ledger) : ledger_(std::move(ledger)) {}
  /// All or nothing. @throws NotEnough, std::out_of_range
  void transfer(const std::string& from, const std::string& to, long cents) {
    ledger_->withdraw(from, cents);  // what this throws goes on to our caller, fields and all
    try {
      ledger_->deposit(to, cents);
    } catch (const std::out_of_range&) {
      ledger_->deposit(from, cents);
      throw;
    }
  }

 private:
  rmi::Proxy<Ledger> ledger_;
};
RMI_INTERFACE(Teller, (transfer, rmi::params("from", "to", "cents")))
