// Small frames that are made here. Most of them travel in a bundle, which copies them, or over a
// local lane: libzmq, which would take memory for each, never sees them.
#include "bus/frame.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <new>

#include <rmi/detail/recycled.hpp>

namespace rmi {

/// Before the bytes, in the same block.
struct alignas(std::max_align_t) Frame::Own {
  explicit Own(std::size_t bytes) noexcept
      : size(sizeof(Own) + bytes), length(length_prefix(bytes)) {}
  const std::size_t size;
  std::atomic<std::uint32_t> owners{1};
  const std::array<std::byte, 4> length;
};

void Frame::make_own(std::size_t size) {
  static_assert(offsetof(Own, length) + sizeof(Own::length) == sizeof(Own));
  Own* const made = ::new (detail::take_block(sizeof(Own) + size)) Own(size);
  store_address(made);
  data_ = reinterpret_cast<std::byte*>(made + 1);
  size_ = size;
  memory_ = Memory::own;
}

Frame::Own& Frame::own() const noexcept {
  return *static_cast<Own*>(address());
}

void Frame::close_own() noexcept {
  Own& mine = own();
  let_go();
  // The only owner has nobody to agree with.
  if (mine.owners.load(std::memory_order_acquire) != 1 &&
      mine.owners.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  detail::give_block(&mine, mine.size);
}

std::span<const std::byte> Frame::with_length() const noexcept {
  constexpr std::size_t length = sizeof(Own::length);
  if (memory_ != Memory::own) return {};
  return {data_ - length, length + size_};
}

Frame Frame::share_own() const noexcept {
  Own& same = own();
  same.owners.fetch_add(1, std::memory_order_relaxed);
  Frame other;
  other.store_address(&same);
  other.data_ = data_;
  other.size_ = size_;
  other.memory_ = Memory::own;
  return other;
}

bool Frame::own_shared() const noexcept {
  return own().owners.load(std::memory_order_relaxed) > 1;
}

}  // namespace rmi
