// Who has not greeted in time.
#include "ns/strangers.hpp"

#include <catch2/catch.hpp>

using namespace rmi::ns;
using namespace std::chrono_literals;

TEST_CASE("a connection that does not greet is overdue once") {
  Strangers strangers(10s);
  const Time start = Time{} + 1h;
  CHECK_FALSE(strangers.next());
  strangers.opened({.fd = 5, .cookie = 50}, start);
  strangers.opened({.fd = 6, .cookie = 60}, start + 1s);
  CHECK(strangers.next() == start + 10s);
  CHECK(strangers.take_overdue(start + 9s).empty());
  const auto overdue = strangers.take_overdue(start + 10s);
  REQUIRE(overdue.size() == 1);
  CHECK(overdue[0].fd == 5);
  CHECK(overdue[0].cookie == 50);
  CHECK(strangers.take_overdue(start + 10s).empty());
  CHECK(strangers.next() == start + 11s);
}

TEST_CASE("who has greeted or is closed is no stranger") {
  Strangers strangers(10s);
  const Time start = Time{} + 1h;
  strangers.opened({.fd = 5, .cookie = 50}, start);
  strangers.forget(5);
  strangers.forget(7);
  CHECK_FALSE(strangers.next());
  CHECK(strangers.take_overdue(start + 1h).empty());
}

TEST_CASE("a descriptor that is used again has its time again") {
  Strangers strangers(10s);
  const Time start = Time{} + 1h;
  strangers.opened({.fd = 5, .cookie = 50}, start);
  strangers.opened({.fd = 5, .cookie = 51}, start + 8s);
  CHECK(strangers.take_overdue(start + 10s).empty());
  const auto overdue = strangers.take_overdue(start + 18s);
  REQUIRE(overdue.size() == 1);
  CHECK(overdue[0].cookie == 51);
}
