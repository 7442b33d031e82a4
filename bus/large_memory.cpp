// Keeps the blocks that were used last.
#include "bus/large_memory.hpp"

#include <array>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define RMI_KEEPS_MEMORY 0  // it is to find what uses memory that was given back
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RMI_KEEPS_MEMORY 0
#endif
#endif
#ifndef RMI_KEEPS_MEMORY
#define RMI_KEEPS_MEMORY 1
#endif

namespace rmi {
namespace {

// So that messages of nearly the same size can follow each other.
constexpr std::size_t step = std::size_t{16} << 10U;

class Kept {
 public:
  /// The last one that fits, and is not more than twice as large.
  LargeMemory::Block take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    for (std::size_t at = count_; at-- > 0;) {
      if (blocks_[at].size < size || blocks_[at].size / 2 > size) continue;
      const auto block = blocks_[at];
      for (--count_; at < count_; ++at)
        blocks_[at] = blocks_[at + 1];
      bytes_ -= block.size;
      return block;
    }
    return {};
  }
  /// @return whether it is kept.
  bool give(LargeMemory::Block block) noexcept {
    const std::lock_guard lock(mutex_);
    if (count_ == blocks_.size() || bytes_ + block.size > LargeMemory::most_kept) return false;
    blocks_[count_++] = block;
    bytes_ += block.size;
    return true;
  }

 private:
  std::mutex mutex_;
  std::array<LargeMemory::Block, 64> blocks_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

/// Never destroyed: libzmq's threads may give messages back at the very end.
Kept& kept() {
  static Kept& all = *new Kept;
  return all;
}

}  // namespace

LargeMemory::Block LargeMemory::take(std::size_t size) {
  if (RMI_KEEPS_MEMORY != 0 && size <= to)
    if (const Block block = kept().take(size); block.data != nullptr) return block;
  if (size > static_cast<std::size_t>(-1) - step) throw std::bad_alloc();
  const std::size_t rounded = size <= to ? (size + step - 1) / step * step : size;
  auto* const data = static_cast<std::byte*>(std::malloc(rounded));
  if (data == nullptr) throw std::bad_alloc();
  return {data, rounded};
}

void LargeMemory::give(Block block) noexcept {
  const bool keeps = RMI_KEEPS_MEMORY != 0 && block.size >= from && block.size <= to;
  if (keeps && kept().give(block)) return;
  std::free(block.data);
}

}  // namespace rmi
