// Which lane carries what, and where it listens.
#include <catch2/catch.hpp>

#include <array>
#include <string>

#include <rmi/endpoint.hpp>

#include "bus/broker_lanes.hpp"

using namespace rmi;

TEST_CASE("the lane of a name is its FNV-1a hash modulo the number of lanes") {
  // The values of the specification's test vectors.
  CHECK(fnv1a("") == 0x811c9dc5U);
  CHECK(fnv1a("a") == 0xe40c292cU);
  CHECK(fnv1a("foobar") == 0xbf9cf968U);
  CHECK(lane_of("foobar", 1) == 0);
  CHECK(lane_of("foobar", 7) == 0xbf9cf968U % 7);
}

TEST_CASE("names are spread evenly") {
  std::array<int, 4> names{};
  for (int i = 0; i < 10'000; ++i)
    ++names.at(lane_of("shop." + std::to_string(i), 4));
  for (const int number : names) {
    CHECK(number > 2000);
    CHECK(number < 3000);
  }
}

TEST_CASE("lanes listen one after the other") {
  CHECK(lane_endpoint("tcp://127.0.0.1:7766", 0) == "tcp://127.0.0.1:7766");
  CHECK(lane_endpoint("tcp://127.0.0.1:7766", 3) == "tcp://127.0.0.1:7769");
  CHECK(lane_endpoint("tcp://[::1]:7766", 1) == "tcp://[::1]:7767");
  CHECK(lane_endpoint("ipc:///run/rmibus/broker", 2) == "ipc:///run/rmibus/broker.2");
  CHECK(lane_endpoint("ipc://@broker", 12) == "ipc://@broker.12");
  CHECK_THROWS_WITH(lane_endpoint("tcp://127.0.0.1:65535", 1),
                    Catch::Contains("lane 1 of a broker at tcp://127.0.0.1:65535") &&
                        Catch::Contains("65536") && Catch::Contains("expected 1 to 65535"));
  CHECK_THROWS_AS(lane_endpoint("ipc://" + std::string(106, 'x'), 1), UriError);
}
