// An interface has what the interfaces have that it extends.
#include <catch2/catch.hpp>

#include "unit/invoke_entry.hpp"

namespace firm {

struct Named {
  virtual ~Named() = default;
  virtual std::string name() const { return "nobody"; }
  long padding = 0;
};
RMI_INTERFACE(Named, (name, rmi::doc("What it is called.")))

struct Paid {
  int salary = 100;
  void raise(int by) { salary += by; }
  int wage() const { return salary; }
};
RMI_INTERFACE(Paid, raise, wage)

/// Paid is not the first base, so that its address is another one.
struct Employee : Named, Paid {
  std::string name() const override { return "Ann"; }
};
RMI_INTERFACE(Employee, rmi::extends<Named>, rmi::extends<Paid>)

struct Manager : Employee {
  int level = 3;
  int wage() const { return salary * 2; }
  int reports() const { return 7; }
};
RMI_INTERFACE(Manager, rmi::extends<Employee>, reports, (wage, rmi::doc("Twice."), rmi::idempotent))

/// Reaches Named on two ways.
struct Auditor : virtual Named {};
RMI_INTERFACE(Auditor, rmi::extends<Named>)
struct Inspector : virtual Named {};
RMI_INTERFACE(Inspector, rmi::extends<Named>)
struct Chief : Auditor, Inspector {
  std::string name() const override { return "Eve"; }
};
RMI_INTERFACE(Chief, rmi::extends<Auditor>, rmi::extends<Inspector>)

/// Lists a method of its base with another signature.
struct Intern : Paid {
  void raise(double by) { salary += static_cast<int>(by); }
};
RMI_INTERFACE(Intern, rmi::extends<Paid>, raise)

struct Billed {
  int wage() const { return 1; }
};
RMI_INTERFACE(Billed, wage)
struct Consultant : Paid, Billed {};
RMI_INTERFACE(Consultant, rmi::extends<Paid>, rmi::extends<Billed>)
struct Partner : Consultant {
  int wage() const { return Paid::wage() + Billed::wage(); }
};
RMI_INTERFACE(Partner, rmi::extends<Consultant>, wage)

}  // namespace firm

using namespace rmi;
using detail::describe_interfaces;

namespace {

std::vector<std::string> names_of(const detail::InterfaceDescription& description) {
  return method_names(schema_of(description));
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("an interface has the methods of the interfaces that it extends, theirs first") {
  const auto description = describe_interfaces<firm::Manager, firm::Manager>();
  CHECK(names_of(description) == Texts{"name", "raise", "wage", "reports"});
  CHECK(description.interface == "firm::Manager");
  CHECK(description.extends == Texts{"firm::Employee"});
  CHECK(description.interfaces ==
        Texts{"firm::Manager", "firm::Named", "firm::Paid", "firm::Employee"});
  CHECK(
      to_string(schema_of(description)).starts_with("interface firm::Manager : firm::Employee {"));
}

TEST_CASE("a method of a base is called on the part of the object that is the base") {
  firm::Manager manager;
  const auto methods = describe_interfaces<firm::Manager, firm::Manager>().methods;
  invoke_entry(methods, &manager, "raise", 11);
  CHECK(manager.salary == 111);
  CHECK(manager.padding == 0);
  CHECK(invoke_entry<std::string>(methods, &manager, "name") == "Ann");
  CHECK(invoke_entry<int>(methods, &manager, "reports") == 7);
}

TEST_CASE("a method that is listed again takes the place of that of the base") {
  firm::Manager manager;
  const auto methods = describe_interfaces<firm::Manager, firm::Manager>().methods;
  CHECK(invoke_entry<int>(methods, &manager, "wage") == 200);
  CHECK(entry_of(methods, "wage").doc == "Twice.");
  CHECK(entry_of(methods, "wage").traits.idempotent);
  firm::Employee& employee = manager;
  const auto of_base = describe_interfaces<firm::Employee, firm::Employee>().methods;
  CHECK(invoke_entry<int>(of_base, &employee, "wage") == 100);
}

TEST_CASE("a method that is listed again with another signature is refused") {
  CHECK_THROWS_WITH((describe_interfaces<firm::Intern, firm::Intern>()),
                    "firm::Intern has raise(f64) -> void, and firm::Paid, which it extends, has "
                    "raise(i32) -> void: what is listed again needs the same signature");
}

TEST_CASE("methods of one name of two bases are refused, unless the name is listed again") {
  CHECK_THROWS_WITH((describe_interfaces<firm::Consultant, firm::Consultant>()),
                    "'wage' of firm::Paid and 'wage' of firm::Billed have one name, and nothing "
                    "says that they are the same; list it in an interface that extends both, or "
                    "give one of them another name");
  firm::Partner partner;
  const auto methods = describe_interfaces<firm::Partner, firm::Partner>().methods;
  CHECK(methods.size() == 2);
  CHECK(invoke_entry<int>(methods, &partner, "wage") == 101);
}

TEST_CASE("a base that is reached on two ways is there once") {
  firm::Chief chief;
  const auto description = describe_interfaces<firm::Chief, firm::Chief>();
  CHECK(names_of(description) == Texts{"name"});
  CHECK(description.interfaces ==
        Texts{"firm::Chief", "firm::Named", "firm::Auditor", "firm::Inspector"});
  CHECK(invoke_entry<std::string>(description.methods, &chief, "name") == "Eve");
}

TEST_CASE("an object can serve interfaces that know nothing of each other") {
  firm::Employee employee;
  const auto description = describe_interfaces<firm::Employee, firm::Paid, firm::Named>();
  CHECK(names_of(description) == Texts{"raise", "wage", "name"});
  CHECK(description.interface == "firm::Paid");
  CHECK(description.extends == Texts{"firm::Named"});
  invoke_entry(description.methods, &employee, "raise", 1);
  CHECK(employee.salary == 101);
  CHECK(invoke_entry<std::string>(description.methods, &employee, "name") == "Ann");
}

TEST_CASE("an interface that is served beside one that extends it adds nothing") {
  const auto both = describe_interfaces<firm::Manager, firm::Manager, firm::Paid>();
  CHECK(names_of(both) == names_of(describe_interfaces<firm::Manager, firm::Manager>()));
  const auto turned = describe_interfaces<firm::Manager, firm::Paid, firm::Manager>();
  CHECK(turned.interface == "firm::Paid");
  firm::Manager manager;
  CHECK(invoke_entry<int>(turned.methods, &manager, "wage") == 200);
}

TEST_CASE("a stub has the methods of the bases, and hides those that are listed again") {
  Noted noted;
  const NoteStub<firm::Manager> stub(noted);
  stub.raise(5);
  CHECK(noted.method.name == "raise");
  stub.name();
  CHECK(noted.method.name == "name");
  stub.wage();
  CHECK(noted.method.traits.idempotent);
}

TEST_CASE("a caller of the base and the server of a derived interface agree on signatures") {
  Noted noted;
  const NoteStub<firm::Paid> stub(noted);
  stub.raise(5);
  TypeTable types;
  const auto methods = describe_interfaces<firm::Manager, firm::Manager>().methods;
  CHECK(hash(entry_of(methods, "raise").signature(types), types) == noted.method.signature);
}
