// Blocks that are kept for the next message.
#include <catch2/catch.hpp>

#include <cstddef>
#include <new>
#include <thread>
#include <vector>

#include "bus/frame.hpp"
#include "bus/large_memory.hpp"

using namespace rmi;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool keeps = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool keeps = false;
#else
constexpr bool keeps = true;
#endif
#else
constexpr bool keeps = true;
#endif

constexpr std::size_t mib = std::size_t{1} << 20U;

const std::byte* where(const Frame& frame) {
  return frame.bytes().data();
}

}  // namespace

TEST_CASE("the memory of a large message serves the next one of about its size") {
  const std::byte* before = nullptr;
  {
    Frame frame(mib);
    before = where(frame);
    const Frame at_the_same_time(mib);
    CHECK(where(at_the_same_time) != before);
  }
  // The last one that was given back comes first.
  const Frame next(mib - 100);
  CHECK(next.size() == mib - 100);
  CHECK((where(next) == before) == keeps);
  const Frame small(LargeMemory::from);  // it does not take a block that is far too large
  CHECK(small.size() == LargeMemory::from);
}

TEST_CASE("a message keeps its memory as long as anybody has it") {
  const std::byte* before = nullptr;
  Frame other;
  {
    Frame frame(2 * mib);
    before = where(frame);
    frame.bytes()[5] = std::byte{42};
    other = frame.share();
  }
  const Frame next(2 * mib);
  CHECK(where(next) != before);
  CHECK(where(other) == before);
  CHECK(other.bytes()[5] == std::byte{42});
}

TEST_CASE("no more is kept than the limit says, and nothing that is larger") {
  std::vector<LargeMemory::Block> blocks;
  for (int i = 0; i < 100; ++i)
    blocks.push_back(LargeMemory::take(mib));
  const auto huge = LargeMemory::take(LargeMemory::to + 1);
  CHECK(huge.size == LargeMemory::to + 1);
  for (const auto& block : blocks) {
    CHECK(block.size >= mib);
    CHECK(block.size <= 2 * mib);
    LargeMemory::give(block);
  }
  LargeMemory::give(huge);
}

TEST_CASE("blocks go from thread to thread") {
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([number] {
      for (int i = 0; i < 2000; ++i) {
        const auto block = LargeMemory::take(LargeMemory::from + 7);
        block.data[i % 1000] = static_cast<std::byte>(number);
        if (block.data[i % 1000] != static_cast<std::byte>(number)) throw std::bad_alloc();
        LargeMemory::give(block);
      }
    });
  for (auto& thread : threads)
    thread.join();
  SUCCEED("each block had one owner at a time");
}
