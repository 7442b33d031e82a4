// A stock ticker: `exchange serve` serves an exchange, `exchange follow SYMBOL...` prints trades
// until it closes, `exchange trade SYMBOL PRICE...` trades.
#include "exchange.hpp"

#include <iostream>
#include <string_view>

#include <rmi/rmi.hpp>

void serve() {
  rmi::Daemon daemon;
  daemon.serve("exchange", std::make_shared<Exchange>());
  daemon.run();
}

void follow(const rmi::Proxy<Exchange>& exchange, const std::vector<std::string>& symbols) {
  auto trades = exchange->follow(symbols);
  std::cout << "following" << std::endl;
  for (const Trade& trade : trades)
    std::cout << trade.symbol << ' ' << trade.price << std::endl;
  std::cout << "closed\n";
}

void trade(const rmi::Proxy<Exchange>& exchange, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i + 1 < words.size(); i += 2)
    std::cout << "told " << exchange->trade({words[i], std::stod(words[i + 1])}) << '\n';
}

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) return 2;
  if (words[0] == "serve") {
    serve();
    return 0;
  }
  rmi::Bus bus;
  const auto exchange = rmi::Proxy<Exchange>(bus, "exchange").waiting();
  if (words[0] == "follow") follow(exchange, {words.begin() + 1, words.end()});
  if (words[0] == "trade") trade(exchange, {words.begin() + 1, words.end()});
  if (words[0] == "listeners") std::cout << exchange->listeners() << '\n';
  if (words[0] == "close") exchange->close();
}
