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

/// A look takes 10 us.
struct Waiting {
  struct Wait {
    int looks = 0;
    bool slept = false;
  };
  /// @param found_by  which look; 0 for none.
  Wait wait(int found_by) {
    Wait done;
    const int found = poll.wait(
        [&] {
          LookClock::time += 10us;
          return ++done.looks == found_by ? 2 : 0;
        },
        [&] {
          done.slept = true;
          return 7;
        });
    CHECK(found == (done.slept ? 7 : 2));
    return done;
  }
  /// For what does not come. @return whether it has looked before it slept.
  bool in_vain() {
    const Wait done = wait(0);
    CHECK(done.slept);
    CHECK((done.looks == 0 || done.looks == 6));
    return done.looks > 0;
  }
  /// @return whether it was found awake.
  bool for_the_third_look() { return !wait(3).slept; }
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
    CHECK_FALSE(waiting.wait(1).slept);
  CHECK(waiting.in_vain());
  CHECK(waiting.skips() == 64);
}
