// Replicas: `clock serve NAME` is one of several that share a name; `clock` asks them.
#include <iostream>
#include <map>
#include <memory>
#include <string_view>

#include <rmi/rmi.hpp>

class Clock {
 public:
  explicit Clock(std::string name) : name_(std::move(name)) {}
  std::string who() const { return name_; }

 private:
  std::string name_;
};
RMI_INTERFACE(Clock, who)

void serve(const std::string& name) {
  rmi::Daemon daemon;
  daemon.serve("clock", std::make_shared<Clock>(name), {.mode = rmi::NameMode::shared});
  std::cout << "Ready" << std::endl;
  daemon.run();
}

void ask() {
  rmi::Bus bus;
  const auto clock = rmi::Proxy<Clock>(bus, "clock").waiting();

  std::map<std::string, int> counted;  // the least busy gets the call
  std::vector<rmi::Future<std::string>> asked;
  for (int i = 0; i < 200; ++i)
    asked.push_back(clock.async()->who());
  for (auto& who : asked)
    ++counted[who.get()];
  for (const auto& [name, count] : counted)
    std::cout << name << " answered" << (count > 20 ? " many" : " few") << '\n';

  const auto sticky = clock.sticky();  // always the same one, as long as it lives
  std::cout << "Type lines to ask again." << std::endl;
  for (std::string line; std::getline(std::cin, line);)
    std::cout << "this is " << sticky->who() << std::endl;
}

int main(int argc, char** argv) {
  argc > 2 && std::string_view(argv[1]) == "serve" ? serve(argv[2]) : ask();
}
