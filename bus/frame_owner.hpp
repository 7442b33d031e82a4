// Values that point into a message keep it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include <rmi/archive.hpp>

#include "bus/frame.hpp"

namespace rmi {

/// Lifetime: borrows the frame, whose bytes lie outside of it (larger than what libzmq keeps
/// inside a message; those of `shared_from_bytes` are).
class FrameOwner final : public ByteOwner {
 public:
  /// @param frame  is decoded once, from the front to the back, and what has been decoded is not
  ///               looked at again, header and names included: values that are sent on may
  ///               overwrite what lies before them, up to the value before that is shared, too.
  explicit FrameOwner(Frame& frame) noexcept : frame_(frame) {}

  Shared share(std::span<const std::byte> bytes) override {
    if (!std::exchange(any_, true) && !frame_.shared()) free_ = frame_.bytes().data();
    auto kept = std::make_shared<Kept>(frame_.share(), free_);
    detail::Headroom* const room = free_ == nullptr ? nullptr : &kept->room;
    if (free_ != nullptr) free_ += bytes.data() + bytes.size() - free_;
    return {std::move(kept), room};
  }

 private:
  struct Kept {
    Kept(Frame same, std::byte* free) : frame(std::move(same)), room(free, frame.nesting()) {}
    Frame frame;
    detail::Headroom room;
  };

  Frame& frame_;
  bool any_ = false;           ///< whether anything was shared
  std::byte* free_ = nullptr;  ///< behind the last that was; null if others may have the frame
};

}  // namespace rmi
