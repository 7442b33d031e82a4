// Frames that own a part of a message.
#include "bus/frame_parts.hpp"

#include <new>
#include <utility>

namespace rmi {
namespace {

/// What a thread has used last, for the next time: most messages end on the thread that they came
/// to.
struct Spare {
  ~Spare() { delete std::exchange(whole, nullptr); }
  Frame::Whole* whole = nullptr;
};
thread_local Spare spare;

}  // namespace

Frame::Whole* Frame::Whole::make(Frame message) {
  Whole* whole = std::exchange(spare.whole, nullptr);
  if (whole == nullptr) whole = new Whole;
  whole->message = std::move(message);
  whole->owners.store(taking, std::memory_order_relaxed);
  return whole;
}

void Frame::Whole::release(std::uint32_t less) noexcept {
  if (owners.fetch_sub(less, std::memory_order_acq_rel) != less) return;
  message = Frame();
  delete std::exchange(spare.whole, this);
}

Frame::Frame(Whole& whole, std::span<const std::byte> bytes) noexcept
    : data_(whole.message.bytes().data() + (bytes.data() - whole.message.data_)),
      size_(bytes.size()),
      part_(true) {
  Whole* const address = &whole;
  std::memcpy(storage_, &address, sizeof address);
}

Frame::Whole& Frame::whole() const noexcept {
  Whole* address = nullptr;
  std::memcpy(&address, storage_, sizeof address);
  return *address;
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
  if (part_) *this = copy_of(std::as_const(*this).bytes());
}

/// libzmq knows whole messages only.
bool Frame::send_part(void* socket, int flags) noexcept {
  try {
    Frame own = copy_of(bytes());
    if (!own.send(socket, flags)) return false;
  } catch (const std::bad_alloc&) {
    return false;
  }
  close();
  return true;
}

bool Frame::part_shared() const noexcept {
  return whole().owners.load(std::memory_order_relaxed) > 1;
}

}  // namespace rmi
