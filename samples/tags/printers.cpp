// Yellow pages: `printers serve` serves three printers, `printers` finds them by what they can.
#include <iostream>
#include <memory>
#include <string_view>

#include <rmi/rmi.hpp>

class Printer {
 public:
  explicit Printer(std::string room) : room_(std::move(room)) {}
  std::string print(const std::string& text) { return text + ", printed in " + room_; }

 private:
  std::string room_;
};
RMI_INTERFACE(Printer, print)

void serve() {
  rmi::Daemon daemon;
  daemon.serve("hall", std::make_shared<Printer>("the hall"), {.tags = {"a4"}});
  daemon.serve("office", std::make_shared<Printer>("the office"), {.tags = {"a4", "color"}});
  daemon.serve("studio", std::make_shared<Printer>("the studio"), {.tags = {"a3", "color"}});
  daemon.run();
}

void show(const char* what, const std::vector<rmi::NameEntry>& entries) {
  std::cout << what << ':';
  for (const rmi::NameEntry& entry : entries)
    std::cout << ' ' << entry.name;
  std::cout << '\n';
}

void use() {
  rmi::Bus bus;
  bus.wait_for("studio", std::chrono::seconds(30));

  const rmi::Proxy<Printer> poster(bus, "rmimeta:a3,color");  // any that has both tags
  std::cout << poster->print("A map") << '\n';

  const rmi::Proxy<rmi::Names> names(bus, "rmi.names");
  show("both a4 and color", names->list({.tags = {"a4", "color"}}));
  show("a3, or a4", names->list({.tags = {"a3", "a4"}, .any_tag = true}));
  show("all printers", names->list({.tags = {"interface:Printer"}}));  // a tag that is just there

  names->set_tags("hall", {"a4", "color", "interface:Printer"});
  show("both a4 and color now", names->list({.tags = {"a4", "color"}}));

  try {
    rmi::Proxy<Printer>(bus, "rmimeta:a0").ping();
  } catch (const rmi::NameNotFound& error) {
    std::cout << error.what() << '\n';
  }
}

int main(int argc, char** argv) {
  argc > 1 && std::string_view(argv[1]) == "serve" ? serve() : use();
}
