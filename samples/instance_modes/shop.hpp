// A shop where everybody has a cart of their own.
#pragma once

#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <rmi/context.hpp>
#include <rmi/interface.hpp>

/// One for each session: made with its first call, gone with its end.
class Cart {
 public:
  void put(const std::string& article) { articles_.push_back(article); }
  std::vector<std::string> articles() const { return articles_; }
  /// Keeps a place at a till until the caller's session ends, however it ends.
  void queue_up() {
    std::cout << "till: somebody queues up" << std::endl;
    rmi::context().at_session_end([] { std::cout << "till: that place is free" << std::endl; });
  }

 private:
  std::vector<std::string> articles_;
};
RMI_INTERFACE(Cart, put, articles, queue_up)

/// One for each call.
class Receipt {
 public:
  explicit Receipt(int number) : number_(number) {}
  std::string print() const { return "receipt " + std::to_string(number_); }

 private:
  int number_;
};
RMI_INTERFACE(Receipt, print)
