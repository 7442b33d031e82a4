// What a small call, waited for at once or later, allocates at its caller, in the broker and in the
// daemon, all in this process. libzmq takes its memory elsewhere, and is not counted.
#include "test/integration/fixture.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "test/support/sanitized.hpp"

namespace {

std::atomic<std::size_t> everywhere{0};
thread_local std::size_t on_this_thread = 0;

void* counted(std::size_t size) noexcept {
  ++everywhere;
  ++on_this_thread;
  return std::malloc(size);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = counted(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

class Calculator {
 public:
  int add(int a, int b) { return a + b; }
  std::string echo(const std::string& text) { return text; }
};
RMI_INTERFACE(Calculator, add, echo)

struct Count {
  double everywhere;
  double caller;
};

template <class Call>
Count allocations_of(Call&& call) {
  constexpr int calls = 1000;
  for (int i = 0; i < calls; ++i)
    call();
  const std::size_t all_before = everywhere;
  const std::size_t before = on_this_thread;
  for (int i = 0; i < calls; ++i)
    call();
  return {static_cast<double>(everywhere - all_before) / calls,
          static_cast<double>(on_this_thread - before) / calls};
}

}  // namespace

using namespace rmi_test;

TEST_CASE("a small call allocates nothing, neither at its caller nor on its way") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Daemon daemon(quiet_daemon(broker.endpoint()));
  daemon.serve("calculator", std::make_shared<Calculator>());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  const rmi::Proxy<Calculator> calculator(bus, "calculator");
  const std::string text = "a few bytes";  // fits into the string itself

  const auto add = allocations_of([&] { calculator->add(1, 2); });
  const auto echo = allocations_of([&] { calculator->echo(text); });
  CHECK(add.caller <= (recycles ? 0 : 1));
  CHECK(echo.caller <= (recycles ? 0 : 1));
  CHECK(add.everywhere < (recycles ? 0.5 : 4.5));
  CHECK(echo.everywhere < (recycles ? 0.5 : 4.5));
}

TEST_CASE("nor does a small asynchronous call") {
  rmi::EmbeddedBroker broker(quiet_broker());
  rmi::Daemon daemon(quiet_daemon(broker.endpoint()));
  daemon.serve("calculator", std::make_shared<Calculator>());
  rmi::Bus bus(quiet_bus(broker.endpoint()));
  const rmi::Proxy<Calculator> calculator(bus, "calculator");
  std::vector<rmi::Future<int>> window(16);
  std::size_t next = 0;

  const auto add = allocations_of([&] {
    auto& slot = window[next++ % window.size()];
    if (slot.valid()) slot.get();
    slot = calculator.async()->add(1, 2);
  });
  CHECK(add.caller < (recycles ? 0.5 : 4.5));
  CHECK(add.everywhere < (recycles ? 0.5 : 8.5));
}
