// A stock exchange that tells whoever listens what each trade was.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <rmi/interface.hpp>
#include <rmi/stream.hpp>

struct Trade {
  std::string symbol;
  double price = 0;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(symbol), CEREAL_NVP(price));
  }
};

class Exchange {
 public:
  /// Every trade of these symbols from now on, until the reader leaves or the exchange closes.
  rmi::Stream<Trade> follow(const std::vector<std::string>& symbols) {
    auto [writer, trades] = rmi::make_stream<Trade>({.items = 100});
    listeners_.push_back({symbols, std::move(writer)});
    return std::move(trades).with_linger(std::chrono::seconds(0));  // it ends with its reader
  }

  /// @return how many were told.
  int trade(const Trade& trade) {
    // Nobody holds up the exchange: who is 100 trades behind misses some.
    return static_cast<int>(std::ranges::count_if(listeners_, [&](Listener& listener) {
      return std::ranges::count(listener.symbols, trade.symbol) != 0 &&
             listener.writer.try_write(Trade(trade));
    }));
  }

  int listeners() {
    std::erase_if(listeners_, [](const Listener& listener) { return listener.writer.closed(); });
    return static_cast<int>(listeners_.size());
  }

  void close() {
    for (Listener& listener : listeners_)
      listener.writer.finish();
    listeners_.clear();
  }

 private:
  struct Listener {
    std::vector<std::string> symbols;
    rmi::StreamWriter<Trade> writer;
  };
  std::vector<Listener> listeners_;
};
RMI_INTERFACE(Exchange, follow, trade, listeners, close)
