// The way of a call through the routing core takes no memory.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <utility>

#include "ns/routing.hpp"
#include "routing_bench.hpp"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

using namespace rmi;
using namespace rmi::ns;

namespace {

/// Keeps the last frame only.
struct OneFrame : Transport {
  SendResult send(Peer, Frame& frame) override {
    last = std::move(frame);
    return SendResult::sent;
  }
  Origin origin_of(Frame&) override { return {}; }
  Frame last;
};

}  // namespace

TEST_CASE("a call and its answer allocate nothing once the tables are warm") {
  constexpr Peer caller = 1, daemon = 2;
  const Time start = Time{} + std::chrono::seconds(9);
  OneFrame transport;
  Registry registry({}, std::chrono::seconds(15));
  Routing core(transport, registry, {}, start);
  for (const Peer peer : {caller, daemon}) {
    Hello hello;
    hello.session[0] = static_cast<std::uint8_t>(peer);
    core.on_frame(peer, make_hello(hello), start);
  }
  registry.enter({.owner = daemon, .text = "daemon"}, {.name = "server"}, start);

  const auto round = [&](std::uint64_t id, std::size_t payload) {
    Frame call = wire::build({.kind = wire::Kind::call, .remaining_ms = 30'000, .call_id = id},
                             "server", "a_method_with_a_rather_long_name", payload);
    core.on_frame(caller, std::move(call), start);
    const auto view = std::get<wire::View>(wire::parse(std::as_const(transport.last).bytes()));
    REQUIRE(view.header.kind == wire::Kind::call);
    Frame reply = wire::build({.kind = wire::Kind::reply,
                               .call_id = view.header.call_id,
                               .registration = view.header.registration},
                              {}, {}, payload);
    const auto before = allocations;
    core.on_frame(daemon, std::move(reply), start);
    core.tick(start);
    return allocations - before;
  };
  round(1, 100);

  Frame call = wire::build({.kind = wire::Kind::call, .remaining_ms = 30'000, .call_id = 2},
                           "server", "a_method_with_a_rather_long_name", 1000);
  const auto before = allocations;
  core.on_frame(caller, std::move(call), start);
  const auto on_call = allocations - before;
  CHECK(on_call == 0);
  CHECK(core.in_flight() == 1);
  round(3, 1000);  // two in flight at once: the table grows
  CHECK(round(4, 1000) == 0);
}
