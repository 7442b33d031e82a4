// Objects by reference: `library serve` serves a library, `library` borrows books from it.
#include "library.hpp"

#include <iostream>
#include <string_view>

#include <rmi/rmi.hpp>

void serve() {
  rmi::Daemon daemon;
  daemon.serve("library", std::make_shared<Library>());
  daemon.run();
}

class Rashmi : public Reader {
  void arrived(const std::string& title) override { std::cout << "new: " << title << '\n'; }
};

void use() {
  rmi::Bus bus;
  const auto library = rmi::Proxy<Library>(bus, "library").waiting();

  library->join(std::make_shared<Rashmi>());  // called over the connection that is there already
  library->add("Emma");                       // calls us back before it returns
  library->add("Dune");

  const rmi::Proxy<Book> book = library->borrow("Dune");  // a server's std::shared_ptr<Book>
  std::cout << book->title() << ", " << book->read() << '\n';
  std::cout << book->title() << ", " << book->read() << '\n';
  if (!library->borrow("Ulysses")) std::cout << "no Ulysses here\n";

  const std::string wanted = "m";
  const auto likes = [&](const std::string& title) { return title.find(wanted) != title.npos; };
  std::cout << library->count(likes) << " with an m\n";
}

int main(int argc, char** argv) {
  argc > 1 && std::string_view(argv[1]) == "serve" ? serve() : use();
}
