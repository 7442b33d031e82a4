// What the wire header reads and writes.
#include "bus/wire.hpp"

#include <catch2/catch.hpp>

using namespace rmi;

TEST_CASE("a built frame parses back to what went in") {
  wire::Header header{.kind = wire::Kind::call, .flags = 1, .remaining_ms = 30000,
                      .signature = 0xdeadbeef, .call_id = 77, .registration = 5};
  Frame frame = wire::build(header, "server", "welcome_message", 3);
  const auto parsed = wire::parse(frame.bytes());
  REQUIRE(std::holds_alternative<wire::View>(parsed));
  const auto& view = std::get<wire::View>(parsed);
  CHECK(view.object == "server");
  CHECK(view.method == "welcome_message");
  CHECK(view.header.call_id == 77);
  CHECK(view.payload.size() == 3);
  CHECK(wire::payload_of(frame).size() == 3);
}
