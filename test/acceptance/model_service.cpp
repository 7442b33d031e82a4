// The service of the tests of the object model.
//
//   model-service BROKER                          serves one object of each class
//   model-service BROKER --direct                 and listens itself
//   model-service BROKER --lane                   the same, at a local lane
//   model-service BROKER --hooks                  and looks at each session
//   model-service BROKER --shared NAME [--sticky] serves a worker together with others; the record
//                                                 of this process as NAME.record.PID
//   model-service BROKER --node NAME              serves one node
//   model-service BROKER --guest LINGER           is a caller, see below
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "model.hpp"

namespace {

/// Holds one of everything that goes with a session, until it is killed.
[[noreturn]] void be_a_guest(const std::string& broker, int linger) {
  rmi::Bus bus(broker);
  const auto account = rmi::Proxy<model::Bank>(bus, "bank")->open("guest");
  auto stream = rmi::Proxy<model::Feed>(bus, "feed")->lingering(linger);
  stream.next();
  rmi::Proxy<model::Instance>(bus, "session")->next();
  auto held = rmi::Proxy<model::Worker>(bus, "parallel").async()->hold("never");
  std::cout << "Ready" << std::endl;
  for (;;)
    ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto has = [&](std::size_t at, const char* word) {
    return words.size() > at && words[at] == word;
  };
  if (has(1, "--guest")) be_a_guest(words.at(0), std::stoi(words.at(2)));
  rmi::Daemon::Options options;
  options.broker = words.at(0);
  options.threads = 8;  // more than the six calls that a test makes at once
  if (has(1, "--direct")) options.listen = "tcp://127.0.0.1:*";
  if (has(1, "--lane")) options.listen = "unix://*";
  if (has(1, "--hooks")) model::add_hooks(options);
  rmi::Daemon daemon(options);
  if (has(1, "--shared")) {
    const std::shared_ptr<model::Record> record(std::shared_ptr<void>(),
                                                &model::Record::of_process());
    daemon.serve(words.at(2) + ".record." + std::to_string(::getpid()), record,
                 {.concurrent = true});
    daemon.serve(words.at(2), std::make_shared<model::Worker>(),
                 {.concurrent = true, .mode = rmi::NameMode::shared, .sticky = has(3, "--sticky")});
  } else if (has(1, "--node")) {
    daemon.serve(words.at(2), std::make_shared<model::Node>());
  } else {
    model::serve_all(daemon);
  }
  std::cout << "Ready" << std::endl;
  daemon.run();
}
