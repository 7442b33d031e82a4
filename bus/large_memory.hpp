// Memory of large messages, which is kept for the next ones.
#pragma once

#include <cstddef>

namespace rmi {

/// malloc gives large blocks back to the system, and the kernel has to find, clear and map other
/// pages for the next message: for one of 1 MiB that takes longer than to carry it over a Unix
/// socket. So a few of them are kept, for the whole process.
/// Thread safety: thread safe.
struct LargeMemory {
  /// Messages of less are left to malloc, which keeps such blocks itself ...
  static constexpr std::size_t from = std::size_t{32} << 10U;
  /// ... and what is larger than this is not kept.
  static constexpr std::size_t to = std::size_t{4} << 20U;
  /// Bytes that are kept at most.
  static constexpr std::size_t most_kept = std::size_t{16} << 20U;

  struct Block {
    std::byte* data = nullptr;
    std::size_t size = 0;  ///< at least what was asked for
  };

  /// For sizes of at least `from`. Whatever was in it is still there. @throws std::bad_alloc
  static Block take(std::size_t size);
  /// A block that is not used any more, of this or of malloc.
  static void give(Block block) noexcept;
};

}  // namespace rmi
