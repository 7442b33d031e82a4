// Must not compile: interface_refused.sh looks for a sentence of rmi for each case below.
#include <rmi/proxy.hpp>

#include <string_view>
#include <vector>

struct Overloaded {
  int add(int a) { return a; }
  int add(int a, int b) { return a + b; }
};
RMI_INTERFACE(Overloaded, add)

struct Misspelt {
  void run() {}
};
RMI_INTERFACE(Misspelt, rum)

class Private {
  void hidden() {}
};
RMI_INTERFACE(Private, hidden)

struct Static {
  static int count() { return 0; }
};
RMI_INTERFACE(Static, count)

struct Output {
  void fill(std::vector<int>& into) { into.clear(); }
};
RMI_INTERFACE(Output, fill)

struct Returned {
  int& at() { return value; }
  int value = 0;
};
RMI_INTERFACE(Returned, at)

struct Pointer {
  void take(const char*) {}
};
RMI_INTERFACE(Pointer, take)

struct View {
  void show(std::string_view) {}
};
RMI_INTERFACE(View, show)

struct Plain {
  int x = 0;
};
struct NoSerialize {
  Plain get() { return {}; }
};
RMI_INTERFACE(NoSerialize, get)

struct NoInterface {};

void use(rmi::Bus& bus) {
  rmi::Proxy<Pointer>(bus, "p")->take("x");
  rmi::Proxy<View>(bus, "v")->show("x");
  rmi::Proxy<NoSerialize>(bus, "n")->get();
  rmi::Proxy<NoInterface>(bus, "i");
}
