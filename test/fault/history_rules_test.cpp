// The rules of the history check, which must see what is wrong.
#include <catch2/catch.hpp>

#include "history.hpp"

using namespace fault;
using namespace std::chrono_literals;

namespace {

std::size_t faults(const Ended& call, std::uint64_t times) {
  std::map<std::uint64_t, std::uint64_t> ran;
  if (times != 0) ran[call.id] = times;
  return contradictions({call}, ran, 100ms).size();
}

}  // namespace

TEST_CASE("a result means that it ran exactly once") {
  CHECK(faults({.id = 1, .told = Told::result}, 0) == 1);
  CHECK(faults({.id = 1, .told = Told::result}, 1) == 0);
  CHECK(faults({.id = 1, .told = Told::result}, 2) == 1);
  CHECK(faults({.id = 1, .told = Told::result, .idempotent = true}, 2) == 0);
}

TEST_CASE("what was not executed left no trace, and the unknown ran at most once") {
  CHECK(faults({.id = 1, .told = Told::not_executed}, 0) == 0);
  CHECK(faults({.id = 1, .told = Told::not_executed}, 1) == 1);
  CHECK(faults({.id = 1, .told = Told::unknown}, 0) == 0);
  CHECK(faults({.id = 1, .told = Told::unknown}, 1) == 0);
  CHECK(faults({.id = 1, .told = Told::unknown}, 2) == 1);
}

TEST_CASE("a call that ends late, and one that nobody made, are reported") {
  CHECK(faults({.id = 1, .told = Told::unknown, .late = 100ms}, 0) == 0);
  CHECK(faults({.id = 1, .told = Told::unknown, .late = 101ms}, 0) == 1);
  CHECK(contradictions({}, {{7, 1}}, 0ms).size() == 1);
}
