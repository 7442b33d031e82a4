// Which connections are taken for endless messages.
#include <catch2/catch.hpp>

#include <map>

#include "ns/stalled_links.hpp"

using rmi::ns::StalledLinks;
using Fds = std::vector<int>;

namespace {

struct Fixture {
  Fds find() {
    return links.find([this](int fd) -> std::optional<StalledLinks::Seen> {
      const auto at = seen.find(fd);
      if (at == seen.end()) return std::nullopt;
      return at->second;
    });
  }
  StalledLinks links{1000};
  std::map<int, StalledLinks::Seen> seen;
};

}  // namespace

TEST_CASE("a connection that brings more bytes than a message may have, and none, is found") {
  Fixture f;
  f.links.opened(5);
  f.seen[5] = {.bytes = 1000};
  CHECK(f.find().empty());
  f.seen[5] = {.bytes = 1001};
  CHECK(f.find() == Fds{5});
  f.links.closed(5);
  CHECK(f.find().empty());
}

TEST_CASE("every message begins the count anew") {
  Fixture f;
  f.links.opened(5);
  f.seen[5] = {.bytes = 1'000'000, .messages = 2};
  CHECK(f.find().empty());
  f.seen[5] = {.bytes = 1'001'000, .messages = 2};
  CHECK(f.find().empty());
  f.seen[5] = {.bytes = 1'002'000, .messages = 3};
  CHECK(f.find().empty());
  f.seen[5] = {.bytes = 1'003'001, .messages = 3};
  CHECK(f.find() == Fds{5});
}

TEST_CASE("a descriptor that was given to another connection is not taken for the former one") {
  Fixture f;
  f.links.opened(5);
  f.seen[5] = {.bytes = 5000, .messages = 2};
  CHECK(f.find().empty());
  f.seen[5] = {.bytes = 900, .messages = 2};
  CHECK(f.find().empty());
  f.links.opened(5);
  f.seen[5] = {.bytes = 900, .messages = 0};
  CHECK(f.find().empty());
}

TEST_CASE("what is no TCP connection is left alone") {
  Fixture f;
  f.links.opened(7);
  CHECK(f.find().empty());
  CHECK(rmi::ns::bytes_received(0) == std::nullopt);
  CHECK(rmi::ns::bytes_received(-1) == std::nullopt);
}
