// Names between one owner and the next.
#include <catch2/catch.hpp>

#include "ns/held_names.hpp"

using namespace rmi::ns;
using namespace std::chrono_literals;
using State = HeldNames::State;

namespace {

const Time start = Time{} + 5000s;

RegistrationPtr registration(const std::string& name, Duration hold, std::uint32_t in_flight = 0) {
  auto made = std::make_shared<Registration>();
  made->name = Text(name);
  made->set_details({.hold = hold});
  made->in_flight = in_flight;
  return made;
}

}  // namespace

TEST_CASE("a name is held for as long as its last owner asked for") {
  HeldNames names(10);
  names.left(registration("server", 2s), start);
  CHECK(names.state("server") == State::held);
  CHECK(names.state("other") == State::free);
  CHECK(names.next() == start + 2s);
  CHECK(names.take_expired(start + 1999ms).empty());
  const auto expired = names.take_expired(start + 2s);
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].name == "server");
  CHECK(expired[0].former->hold() == 2s);
  CHECK(names.state("server") == State::free);
  CHECK(names.next() == std::nullopt);
}

TEST_CASE("a name that was not to be held is draining while its owner has calls of it") {
  HeldNames names(10);
  const auto former = registration("server", 0s, 1);
  names.left(former, start);
  CHECK(names.state("server") == State::draining);
  CHECK(names.former("server") == former);
  former->in_flight = 0;
  CHECK(names.state("server") == State::free);
  CHECK(names.former("server") == nullptr);
}

TEST_CASE("a held name whose owner still has calls drains when the hold is over") {
  HeldNames names(10);
  const auto former = registration("server", 1s, 1);
  names.left(former, start);
  CHECK(names.take_expired(start + 1s).size() == 1);
  CHECK(names.state("server") == State::draining);
}

TEST_CASE("a name that is served again is neither held nor draining") {
  HeldNames names(10);
  names.left(registration("a", 1s), start);
  names.left(registration("b", 0s, 1), start);
  names.served("a");
  names.served("b");
  CHECK(names.state("a") == State::free);
  CHECK(names.state("b") == State::free);
  CHECK(names.next() == std::nullopt);
}

TEST_CASE("a name that leaves again is held from then on") {
  HeldNames names(10);
  names.left(registration("server", 2s), start);
  names.left(registration("server", 2s), start + 1s);
  CHECK(names.next() == start + 3s);
}

TEST_CASE("of more names than the limit the last ones are not held") {
  HeldNames names(1);
  names.left(registration("a", 1s), start);
  names.left(registration("b", 1s), start);
  CHECK(names.state("a") == State::held);
  CHECK(names.state("b") == State::free);
}
