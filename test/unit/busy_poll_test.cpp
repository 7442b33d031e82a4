// When a thread that waits looks first, and when it sleeps at once.
#include "bus/busy_poll.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace {

/// Goes on with each look.
struct LookClock : std::chrono::steady_clock {
  static time_point now() noexcept { return time; }
  static inline time_point time{};
};

/// Waits for something that only the third look finds, or none. A look takes 10 us.
struct Waiting {
  /// @return whether it has looked before it slept.
  bool in_vain() {
    int looks = 0;
    bool slept = false;
    const int found = poll.wait(
        [&] {
          ++looks;
          LookClock::time += 10us;
          return 0;
        },
        [&] {
          slept = true;
          return 7;
        });
    CHECK(slept);
    CHECK(found == 7);  // what it slept for
    CHECK((looks == 0 || looks == 6));
    return looks > 0;
  }
  /// @return whether it was found awake.
  bool for_the_third_look() {
    int looks = 0;
    bool slept = false;
    const int found = poll.wait(
        [&] {
          LookClock::time += 10us;
          return ++looks == 3 ? 2 : 0;
        },
        [&] {
          slept = true;
          return 7;
        });
    CHECK(found == (slept ? 7 : 2));
    return !slept;
  }
  /// How many waits in vain, from now on, sleep at once.
  int skips() {
    int count = 0;
    while (!in_vain())
      ++count;
    return count;
  }
  rmi::BasicBusyPoll<LookClock> poll;
};

}  // namespace

TEST_CASE("what comes soon is found awake, each time") {
  Waiting waiting;
  for (int i = 0; i < 100; ++i)
    CHECK(waiting.for_the_third_look());
}

TEST_CASE("who has looked in vain sleeps at once, more and more often") {
  Waiting waiting;
  REQUIRE(waiting.in_vain());
  for (const int skips : {16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4096})
    CHECK(waiting.skips() == skips);
}

TEST_CASE("what is found awake halves how often it sleeps at once") {
  Waiting waiting;
  REQUIRE(waiting.in_vain());
  REQUIRE(waiting.skips() == 16);
  REQUIRE(waiting.skips() == 32);
  for (int i = 0; i < 64; ++i)
    REQUIRE_FALSE(waiting.for_the_third_look());  // would have been; it sleeps at once
  CHECK(waiting.for_the_third_look());            // the next time would be 128
  CHECK(waiting.in_vain());
  CHECK(waiting.skips() == 64);
}

TEST_CASE("what is there at the first look says nothing") {
  Waiting waiting;
  REQUIRE(waiting.in_vain());
  REQUIRE(waiting.skips() == 16);
  for (int i = 0; i < 32; ++i)
    REQUIRE_FALSE(waiting.for_the_third_look());
  for (int i = 0; i < 10; ++i)
    CHECK(waiting.poll.wait([] { return 1; }, [] { return 7; }) == 1);
  CHECK(waiting.in_vain());
  CHECK(waiting.skips() == 64);
}
