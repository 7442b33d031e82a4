// What RMI_INTERFACE makes of a class.
#include <rmi/names.hpp>
#include <rmi/proxy.hpp>

#include <catch2/catch.hpp>

namespace shop {
class Till {
 public:
  int add(int a, int b) { return a + b; }
  std::string name() const noexcept { return "till"; }
  void take(std::unique_ptr<int> coin) { sum += *coin; }
  const std::string& label(const std::string& text) { return last = text; }
  int sum = 0;
  std::string last;
};
RMI_INTERFACE(Till, add, (name, rmi::doc("Its name.")), take, (label, rmi::params("text")));
}  // namespace shop

namespace {

struct Sink final : rmi::detail::ReplySink {
  std::vector<std::byte> bytes;
  std::span<std::byte> payload(std::size_t size) override {
    bytes.resize(size);
    return bytes;
  }
};

template <class... A>
std::vector<std::byte> encoded(const A&... values) {
  std::vector<std::byte> bytes(rmi::encoded_size(values...));
  rmi::encode(bytes, values...);
  return bytes;
}

}  // namespace

TEST_CASE("an interface lists its methods with signature, names and docs") {
  using Definition = rmi::detail::Interface<shop::Till>;
  CHECK(Definition::rmi_name() == "Till");
  const auto methods = Definition::rmi_methods();
  REQUIRE(methods.size() == 4);
  rmi::TypeTable types;
  CHECK(rmi::to_string(methods[0].signature(types, "add", {}, {})) == "add(i32, i32) -> i32");
  CHECK(methods[1].doc == "Its name.");
  CHECK(methods[3].parameters == std::vector<std::string>{"text"});
}

TEST_CASE("a method is called with decoded arguments and its result encoded") {
  shop::Till till;
  const auto methods = rmi::detail::Interface<shop::Till>::rmi_methods();
  Sink sink;
  methods[0].invoke(&till, encoded(2, 3), {}, sink);
  int sum = 0;
  rmi::decode(sink.bytes, {}, sum);
  CHECK(sum == 5);
  methods[2].invoke(&till, encoded(std::make_unique<int>(7)), {}, sink);
  CHECK(till.sum == 7);
  CHECK(sink.bytes.empty());
}

TEST_CASE("arguments that do not decode never reach the method") {
  shop::Till till;
  const auto methods = rmi::detail::Interface<shop::Till>::rmi_methods();
  Sink sink;
  CHECK_THROWS_AS(methods[0].invoke(&till, encoded(2), {}, sink), rmi::detail::ArgumentFault);
}
