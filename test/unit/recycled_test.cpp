// Memory of what lives for one call: whose it is, how much is kept, and when it is given back.
#include <rmi/detail/recycled.hpp>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "test/support/sanitized.hpp"

namespace {

std::atomic<long> taken{0};
std::atomic<long> given{0};

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++taken;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) ++given;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

using rmi::detail::give_block;
using rmi::detail::make_recycled;
using rmi::detail::take_block;

namespace {

/// What the heap has seen of `act`, on a thread of its own which has kept nothing.
struct Seen {
  long taken;
  long given;
};
template <class Act>
Seen seen_of(Act&& act) {
  Seen seen{};
  std::thread([&] {
    const Seen before{taken, given};
    act();
    seen = {taken - before.taken, given - before.given};
  }).join();
  return seen;
}

std::vector<void*> take_many(std::size_t count, std::size_t size) {
  std::vector<void*> blocks;
  blocks.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    blocks.push_back(take_block(size));
  return blocks;
}

}  // namespace

TEST_CASE("what a thread has given back it takes again, of about the same size") {
  const auto seen = seen_of([] {
    for (int i = 0; i < 100; ++i) {
      void* const block = take_block(65);
      void* const other = take_block(1);
      give_block(block, 65);
      void* const again = take_block(128);  // as large as 65 was made
      give_block(other, 1);
      give_block(again, 128);
    }
  });
  CHECK(seen.taken == (rmi_test::recycles ? 2 : 300));
  CHECK(seen.given == (rmi_test::recycles ? 0 : 300));
}

TEST_CASE("a thread keeps no more than 128 KiB, and no large blocks") {
  const auto many = seen_of([] {
    constexpr std::size_t count = 1000;
    const auto blocks = take_many(count, 1024);
    const long before = given;
    for (void* block : blocks)
      give_block(block, 1024);
    CHECK(given - before == (rmi_test::recycles ? 1000 - 128 : 1000));
  });
  CHECK(many.taken == 1001);  // with the vector
  const auto large = seen_of([] {
    give_block(take_block(2049), 2049);
    give_block(take_block(1 << 20), 1 << 20);
  });
  CHECK(large.taken == 2);
  CHECK(large.given == 2);
}

TEST_CASE("what a thread has kept ends with it") {
  const long before = given;
  std::thread([] {
    for (void* block : take_many(10, 100))
      give_block(block, 100);
  }).join();
  CHECK(given - before >= 11);
}

TEST_CASE("blocks may be given back by another thread, which takes them then") {
  const auto blocks = take_many(50, 300);
  const auto seen = seen_of([&] {
    for (void* block : blocks)
      give_block(block, 300);
    for (int i = 0; i < 50; ++i)
      give_block(take_block(300), 300);
  });
  CHECK(seen.taken == (rmi_test::recycles ? 0 : 50));
}

TEST_CASE("objects are made in such memory, and ended by their last owner") {
  struct Counted {
    explicit Counted(int& ends, std::string says) : ended(ends), text(std::move(says)) {}
    ~Counted() { ++ended; }
    int& ended;
    const std::string text;
  };
  int ended = 0;
  const auto seen = seen_of([&] {
    for (int i = 0; i < 10; ++i) {
      const auto object = make_recycled<Counted>(ended, "short");
      const std::weak_ptr<Counted> weak = object;
      const auto same = object;
      CHECK(same->text == "short");
    }
  });
  CHECK(ended == 10);
  CHECK(seen.taken == (rmi_test::recycles ? 1 : 10));
}

TEST_CASE("memory that is taken when its thread ends is given back at once") {
  struct Late {
    ~Late() { give_block(take_block(500), 500); }
  };
  const long before_taken = taken;
  const long before_given = given;
  std::thread([] {
    thread_local const Late first;  // is ended after what the thread has kept
    give_block(take_block(500), 500);
    static_cast<void>(&first);
  }).join();
  CHECK(taken - before_taken == given - before_given);
}
