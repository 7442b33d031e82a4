// The bus inside a plain poll loop: one thread reads cities from the standard input and prints
// answers as they come.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <sstream>
#include <vector>

#include <rmi/bus.hpp>
#include <rmi/proxy.hpp>

#include "weather.hpp"

/// What can be read now; empty at the end.
std::string read_some() {
  std::array<char, 4096> buffer;
  const auto size = read(STDIN_FILENO, buffer.data(), buffer.size());
  return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

int main() {
  rmi::Bus bus({.threads = 0});  // no threads for what is below: this one does it all
  const rmi::Proxy<Weather> weather(bus, "weather");
  std::vector<rmi::Future<void>> asked;

  std::array<pollfd, 2> sources{{{STDIN_FILENO, POLLIN, 0}, {bus.fd(), POLLIN, 0}}};
  while (sources[0].fd >= 0 || !asked.empty()) {
    poll(sources.data(), sources.size(), -1);

    if (sources[0].revents != 0) {
      std::istringstream cities(read_some());
      if (cities.str().empty()) sources[0].fd = -1;  // nothing more will come
      for (std::string city; cities >> city;)
        asked.push_back(
            weather.async()
                ->degrees(city)
                .then([city](double degrees) { std::cout << city << ": " << degrees << std::endl; })
                .on_error([city](std::exception_ptr) { std::cout << city << ": ?" << std::endl; }));
    }
    if (sources[1].revents != 0) bus.process();  // runs the continuations
    std::erase_if(asked, [](const auto& answer) { return answer.ready(); });
  }
}
