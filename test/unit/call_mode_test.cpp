// One list of methods makes a stub for every way of calling, and traits reach the call.
#include <catch2/catch.hpp>

#include "unit/invoke_entry.hpp"

namespace office {
using namespace std::chrono_literals;

class Printer {
 public:
  int pages(const std::string&, int copies) { return copies; }
  void log(const std::string&) {}
  int level() const { return 3; }
};
RMI_INTERFACE(Printer,
              (pages, rmi::params("name", "copies"), rmi::doc("How many."), rmi::timeout(5s)),
              (log, rmi::doc("For the record."), rmi::oneway),
              (level, rmi::idempotent, rmi::timeout(90ms)))
}  // namespace office

using rmi::Noted;
using Stub = rmi::NoteStub<office::Printer>;

TEST_CASE("a stub has the methods of the class and calls them in the way of its mode") {
  Noted noted;
  const Stub stub(noted);
  static_assert(std::is_same_v<decltype(stub.pages("letter", 2)), std::type_identity<int>>);
  stub.pages("letter", 2);
  CHECK(noted.method.name == "pages");
  CHECK(noted.bytes == 8 + 6 + 4);
  CHECK(noted.method.signature == rmi::detail::Signed<&office::Printer::pages>::hash());
  CHECK(noted.method.print("pages") == "pages(string, i32) -> i32");
}

TEST_CASE("a stub is as large as one reference for each method and one for itself") {
  CHECK(sizeof(Stub) == 4 * sizeof(void*));
}

TEST_CASE("traits reach the call, in any order with docs and names") {
  using std::chrono::milliseconds;
  Noted noted;
  const Stub stub(noted);
  stub.pages("letter", 2);
  CHECK(noted.method.traits == rmi::MethodTraits{false, false, milliseconds(5000)});
  stub.log("x");
  CHECK(noted.method.traits == rmi::MethodTraits{true, false, milliseconds(0)});
  stub.level();
  CHECK(noted.method.traits == rmi::MethodTraits{false, true, milliseconds(90)});
}

TEST_CASE("traits reach whoever serves the object, and the schema") {
  const auto methods = rmi::detail::Interface<office::Printer>::rmi_methods();
  REQUIRE(methods.size() == 3);
  CHECK(methods[0].doc == "How many.");
  CHECK(methods[0].parameters == std::vector<std::string>{"name", "copies"});
  CHECK(methods[1].traits.oneway);
  CHECK(methods[2].traits.idempotent);
  rmi::TypeTable types;
  CHECK(methods[2].signature(types).traits == methods[2].traits);
}

TEST_CASE("traits do not count in the hash of a signature") {
  rmi::TypeTable types;
  const auto log = rmi::detail::Interface<office::Printer>::rmi_methods()[1].signature(types);
  rmi::Signature plain = log;
  plain.traits = {};
  CHECK(plain != log);
  CHECK(rmi::hash(plain, types) == rmi::hash(log, types));
}
