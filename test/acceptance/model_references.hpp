// Objects, functions and streams that are passed.
#pragma once

#include <memory>
#include <rmi/rmi.hpp>
#include <string>
#include <vector>

#include "model_record.hpp"

namespace model {

struct Listener {
  virtual ~Listener() = default;
  virtual int heard(const std::string& what) = 0;
};
RMI_INTERFACE(Listener, heard)

class Account {
 public:
  explicit Account(std::string owner) : owner_(std::move(owner)) {}
  std::string owner() { return owner_; }
  int deposit(int amount) { return balance_ += amount; }

 private:
  const Counted counted_{"account"};
  std::string owner_;
  int balance_ = 0;
};
RMI_INTERFACE(Account, owner, deposit)

/// Served as `bank`.
class Bank {
 public:
  /// Null for nobody.
  std::shared_ptr<Account> open(const std::string& owner);
  std::vector<std::shared_ptr<Account>> several(int count);
  std::shared_ptr<Account> common() { return common_; }
  int total(const rmi::Proxy<Account>& a, const rmi::Proxy<Account>& b) {
    return a->deposit(0) + b->deposit(0);
  }
  int tell(const rmi::Ref<Listener>& listener, const std::string& what) {
    return listener ? listener->heard(what) : -1;
  }
  void keep(const rmi::Ref<Listener>& listener) { kept_ = listener; }
  int tell_kept(const std::string& what) { return kept_->heard(what); }
  void forget() { kept_ = {}; }
  int call(const rmi::Callback<int(int)>& function, int value) { return function(value); }

 private:
  std::shared_ptr<Account> common_ = std::make_shared<Account>("common");
  rmi::Ref<Listener> kept_;
};
RMI_INTERFACE(Bank, open, several, common, total, tell, keep, tell_kept, forget, call)

/// Served as `feed`. The record counts feed.made and feed.gone of the producers, feed.items of what
/// they produced.
class Feed {
 public:
  rmi::Stream<int> count(int from, int to);
  rmi::Stream<int> broken(int after);
  rmi::Stream<int> endless_for(int milliseconds);  ///< its lifetime
  rmi::Stream<int> lingering(int milliseconds);
  rmi::Stream<std::string> heavy(std::uint64_t bytes);
  rmi::Stream<int> listed(const std::vector<int>& items);
  rmi::Stream<int> nobody();
  int add(rmi::Stream<int> numbers);
  /// Reads so many and leaves the rest.
  std::vector<int> first_of(rmi::Stream<int> numbers, int many);
  rmi::Stream<int> doubled(rmi::Stream<int> numbers);
};
RMI_INTERFACE(Feed, count, broken, endless_for, lingering, heavy, listed, nobody, add, first_of,
              doubled)

}  // namespace model
