// The service of the history check: ledger-service BROKER FILE [--shared]
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <rmi/rmi.hpp>

#include "ledger.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  rmi::Daemon daemon({.broker = words.at(0), .grace = std::chrono::seconds(60)});
  const bool shared = words.size() > 2 && words[2] == "--shared";
  daemon.serve(shared ? "shared" : "single", std::make_shared<fault::Ledger>(words.at(1)),
               {.concurrent = true,
                .mode = shared ? rmi::NameMode::shared : rmi::NameMode::replace,
                .kept_replies = shared ? 0U : 10'000U});
  std::cout << "Ready" << std::endl;
  daemon.run();
}
