// Streams both ways: `archive serve` serves an archive, `archive` sends it a text and searches it.
#include "archive.hpp"

#include <iostream>
#include <string_view>

#include <rmi/rmi.hpp>

void serve() {
  rmi::Daemon daemon;
  daemon.serve("archive", std::make_shared<TextArchive>());
  daemon.run();
}

rmi::Stream<std::string> verses(int bottles) {
  for (; bottles > 0; --bottles)
    co_yield std::to_string(bottles) + " bottles of beer on the wall";
}

void use() {
  rmi::Bus bus;
  const auto archive = rmi::Proxy<TextArchive>(bus, "archive").waiting();

  std::cout << archive->store("song", verses(9999)) << " lines stored\n";

  int found = 0;
  for (const std::string& line : archive->search("song", "99 bottles"))
    if (++found <= 2) std::cout << line << '\n';
  std::cout << found << " lines found\n";

  for (const std::string& line : archive->search("song", "bottles")) {
    std::cout << "first: " << line << '\n';
    break;  // the search ends over there
  }

  try {
    auto lines = archive->search("poem", "love");
  } catch (const std::out_of_range&) {
    std::cout << "there is no poem\n";
  }
}

int main(int argc, char** argv) {
  argc > 1 && std::string_view(argv[1]) == "serve" ? serve() : use();
}
