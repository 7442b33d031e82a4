// Calls without waiting: `weather serve` serves a station, `weather` asks it many things at once.
#include "weather.hpp"

#include <iostream>
#include <string_view>
#include <vector>

#include <rmi/rmi.hpp>

void serve() {
  rmi::Daemon daemon;
  daemon.serve("weather", std::make_shared<Weather>(), {.concurrent = true});
  daemon.run();
}

rmi::Task<std::string> warmer(rmi::Proxy<Weather> weather, std::string one, std::string other) {
  auto here = weather.async()->degrees(one);  // both are under way ...
  auto there = weather.async()->degrees(other);
  co_return co_await here > co_await there ? one : other;  // ... before anybody waits
}

void ask() {
  rmi::Bus bus;
  const auto weather = rmi::Proxy<Weather>(bus, "weather").waiting();

  std::vector<rmi::Future<double>> asked;
  for (const char* city : {"Oslo", "Pune", "Quito"})
    asked.push_back(weather.async()->degrees(city));
  for (const double degrees : rmi::when_all(std::move(asked)).get())
    std::cout << degrees << ' ';
  std::cout << '\n';

  auto text = weather.async()
                  ->degrees("Atlantis")
                  .then([](double degrees) { return std::to_string(degrees); })
                  .on_error([](std::exception_ptr) { return std::string("under water"); });
  std::cout << "Atlantis: " << text.get() << '\n';

  std::cout << "warmer: " << warmer(weather, "Pune", "Oslo").start().get() << '\n';

  auto next = weather.async()->changed("Oslo", -2);  // ends when somebody measures
  std::cout << "known already? " << std::boolalpha << next.ready() << '\n';
  weather->measure("Oslo", -7);
  std::cout << "Oslo now: " << next.get() << '\n';

  auto never = weather.async()->changed("Pune", 31);
  never.cancel();
  try {
    never.get();
  } catch (const rmi::Cancelled&) {
    std::cout << "gave up on Pune\n";
  }
}

int main(int argc, char** argv) {
  argc > 1 && std::string_view(argv[1]) == "serve" ? serve() : ask();
}
