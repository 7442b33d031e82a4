// Free lists of each thread, one for each size of blocks.
//
// With some dozens of calls in flight the C library has no block of the right size at hand, which
// its own list of a thread, of seven blocks, would give: it looks through what threads share.
#include <rmi/detail/recycled.hpp>

#include <array>
#include <new>

namespace rmi::detail {
namespace {

constexpr std::size_t step = 64;       // sizes are rounded up to multiples of it
constexpr std::size_t largest = 2048;  // larger blocks are not kept
// Of a thread, in bytes: what 64 calls need that come to their ends together.
constexpr std::size_t most_kept = std::size_t{128} << 10U;

// Where a tool is to see what is used after its end, nothing is kept.
#if defined(__SANITIZE_ADDRESS__)
#define RMI_KEEPS_BLOCKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RMI_KEEPS_BLOCKS 0
#endif
#endif
#ifndef RMI_KEEPS_BLOCKS
#define RMI_KEEPS_BLOCKS 1
#endif

struct Block {
  Block* next;
};

/// Needs no destructor, so that it can be used until the very end of its thread.
struct FreeLists {
  std::array<Block*, largest / step> of_size{};
  std::size_t kept = RMI_KEEPS_BLOCKS != 0 ? 0 : most_kept;  ///< bytes
  bool ends_with_thread = false;
};
constinit thread_local FreeLists lists;

/// Ends them, and whatever comes after that.
struct AtEnd {
  AtEnd() { lists.ends_with_thread = true; }
  ~AtEnd() {
    lists.kept = most_kept;
    for (Block*& first : lists.of_size)
      while (first != nullptr)
        ::operator delete(std::exchange(first, first->next));
  }
};

constexpr std::size_t class_of(std::size_t size) noexcept {
  return (size - 1) / step;
}
constexpr std::size_t size_of(std::size_t which) noexcept {
  return (which + 1) * step;
}

}  // namespace

void* take_block(std::size_t size) {
  const std::size_t which = class_of(size);
  FreeLists& mine = lists;  // to ask for it costs a call
  if (which >= mine.of_size.size()) return ::operator new(size);
  Block*& first = mine.of_size[which];
  if (first == nullptr) return ::operator new(size_of(which));
  mine.kept -= size_of(which);
  return std::exchange(first, first->next);
}

void give_block(void* block, std::size_t size) noexcept {
  const std::size_t which = class_of(size);
  FreeLists& mine = lists;
  if (which >= mine.of_size.size() || mine.kept + size_of(which) > most_kept)
    return ::operator delete(block);
  if (!mine.ends_with_thread) thread_local const AtEnd end;
  Block*& first = mine.of_size[which];
  first = ::new (block) Block{first};
  mine.kept += size_of(which);
}

}  // namespace rmi::detail
