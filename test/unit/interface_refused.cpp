// Must not compile: interface_refused.sh looks for a sentence of rmi for each case below.
#include <rmi/interface.hpp>
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

struct Nothing {};
RMI_INTERFACE(Nothing)

struct Answering {
  int ask() { return 1; }
};
RMI_INTERFACE(Answering, (ask, rmi::oneway))

struct Named {
  int add(int a, int b) { return a + b; }
};
RMI_INTERFACE(Named, (add, rmi::params("a", "b", "c")))

struct Timed {
  void now() {}
};
RMI_INTERFACE(Timed, (now, rmi::timeout(std::chrono::seconds(0))))

struct NotSet {
  void reset() {}
};
RMI_INTERFACE(NotSet, (reset, rmi::readonly))

struct Base {
  void work() {}
};
RMI_INTERFACE(Base, work)
struct Stranger {
  void rest() {}
};
RMI_INTERFACE(Stranger, rmi::extends<Base>, rest)

struct Gauge {
  const int year = 2024;
  int value() const { return 5; }
  void set_value(const std::vector<int>&) {}
  double level = 0;
};
RMI_INTERFACE(Gauge, year, RMI_PROPERTY(depth), RMI_PROPERTY(value, value, set_value),
              (level, rmi::oneway))
struct Dial {
  int angle = 0;
  int size() const { return 1; }
};
RMI_INTERFACE(Dial, (angle, rmi::readonly), (RMI_PROPERTY(size), rmi::params("x")))

struct NoInterface {};

void use(rmi::Bus& bus) {
  rmi::Proxy<Pointer>(bus, "p")->take("x");
  rmi::Proxy<View>(bus, "v")->show("x");
  rmi::Proxy<NoSerialize>(bus, "n")->get();
  rmi::Proxy<Dial>(bus, "d")->angle(5);
  rmi::Proxy<NoInterface>(bus, "i");
}
