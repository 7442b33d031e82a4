// Frames that own a part of a message.
#include "bus/frame_parts.hpp"

#include <new>
#include <utility>

#include <rmi/detail/recycled.hpp>

namespace rmi {

Frame::Whole* Frame::Whole::make(Frame message) {
  return ::new (detail::take_block(sizeof(Whole))) Whole{std::move(message), taking};
}

void Frame::Whole::release(std::uint32_t less) noexcept {
  if (owners.fetch_sub(less, std::memory_order_acq_rel) != less) return;
  this->~Whole();
  detail::give_block(this, sizeof(Whole));
}

Frame::Frame(Whole& whole, std::span<const std::byte> bytes) noexcept
    : data_(whole.message.bytes().data() + (bytes.data() - whole.message.data_)),
      size_(bytes.size()),
      memory_(Memory::part) {
  store_address(&whole);
}

Frame::Whole& Frame::whole() const noexcept {
  return *static_cast<Whole*>(address());
}

void Frame::close_part() noexcept {
  Whole& shared_with = whole();
  let_go();
  shared_with.release(1);
}

Frame Frame::share_part() const noexcept {
  Whole& with = whole();
  with.owners.fetch_add(1, std::memory_order_relaxed);
  return {with, bytes()};
}

void Frame::keep() {
  if (is_part()) *this = copy_of(std::as_const(*this).bytes());
}

bool Frame::part_shared() const noexcept {
  return whole().owners.load(std::memory_order_relaxed) > 1;
}

}  // namespace rmi
