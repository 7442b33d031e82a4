// When an object may change over to its lane.
#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "bus/lane_trails.hpp"

using namespace rmi;
using namespace std::chrono_literals;

namespace {

constexpr LaneTrails::Time now = LaneTrails::Time() + 1h;

}  // namespace

TEST_CASE("an object that nothing is on its way to may take its lane") {
  LaneTrails trails;
  CHECK(trails.is_clear("shop", now));
}

TEST_CASE("an object waits until its calls over the first lane are over") {
  LaneTrails trails;
  auto one = trails.begin("shop", false);
  auto two = trails.begin("shop", false);
  CHECK(trails.is_clear("other", now));
  CHECK_FALSE(trails.is_clear("shop", now));
  one.reset();
  CHECK_FALSE(trails.is_clear("shop", now));
  two.reset();
  CHECK(trails.is_clear("shop", now));
}

TEST_CASE("a call whose thread waits holds nothing up") {
  LaneTrails trails;
  const auto call = trails.begin("shop", true);
  CHECK(call == nullptr);
  CHECK(trails.is_clear("shop", now));
}

TEST_CASE("a oneway has arrived when a call after it was answered") {
  LaneTrails trails;
  const auto before = trails.begin("shop", false);
  trails.note_oneway("shop");
  const auto after = trails.begin("shop", true);
  REQUIRE(after != nullptr);
  before->answered();
  CHECK_FALSE(trails.is_clear("shop", now));
  trails.note_oneway("other");
  after->answered();
  CHECK_FALSE(trails.is_clear("shop", now));  // the call that began before is in flight
  CHECK_FALSE(trails.is_clear("other", now));
}

TEST_CASE("a lane that did not take a call is avoided for a while") {
  LaneTrails trails;
  trails.avoid("shop", now + 2s);
  CHECK_FALSE(trails.is_clear("shop", now));
  CHECK(trails.is_clear("shop", now + 2s));
  for (int i = 0; i < 20'000; ++i)
    trails.avoid("nobody" + std::to_string(i), LaneTrails::Time::max());
  trails.avoid("shop", LaneTrails::Time::max());
  CHECK(trails.is_clear("shop", now));  // so many are not remembered
}

TEST_CASE("calls may outlive their trails") {
  auto trails = std::make_unique<LaneTrails>();
  const auto call = trails->begin("shop", false);
  trails->clear();
  CHECK(trails->is_clear("shop", now));
  trails.reset();
  call->answered();
}
