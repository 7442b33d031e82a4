// Packing frames into one message, and judging one that came.
#include "bus/bundle.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace rmi {

void Bundle::append(std::span<const std::byte> frame) noexcept {
  const auto length = static_cast<Length>(frame.size());
  std::memcpy(bytes_.data() + size_, &length, sizeof length);
  std::memcpy(bytes_.data() + size_ + sizeof length, frame.data(), frame.size());
  size_ += sizeof length + frame.size();
}

/// Precondition: not empty.
void Bundle::add_bytes(std::span<const std::byte> frame) noexcept {
  if (count_ == 1) {
    append(std::as_const(only_).bytes());
    only_ = Frame();
  }
  append(frame);
  ++count_;
}

void Bundle::add(Frame&& frame) noexcept {
  if (!empty()) {
    add_bytes(std::as_const(frame).bytes());
    frame = Frame();
  } else {
    only_ = std::move(frame);
    count_ = 1;
  }
}

void Bundle::add_shared(const Frame& frame) noexcept {
  if (!empty()) return add_bytes(frame.bytes());
  only_ = frame.share();
  count_ = 1;
}

Frame* Bundle::message() noexcept {
  if (count_ > 1 && !sealed_) {
    const std::size_t size = size_ - wire::header_size;
    try {
      only_ = wire::build({.kind = wire::Kind::bundle}, {}, {}, size);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    std::memcpy(wire::payload_of(only_).data(), bytes_.data() + wire::header_size, size);
  }
  sealed_ = true;
  return &only_;
}

void Bundle::clear() noexcept {
  count_ = 0;
  most_ = std::min(4 * most_, max_size);  // enough: each has more than a byte
  size_ = wire::header_size;
  only_ = Frame();
  sealed_ = false;
}

std::size_t frames_in_bundle(std::span<const std::byte> payload) noexcept {
  if (payload.size() > Bundle::max_payload) return 0;
  std::size_t frames = 0;
  for (; !payload.empty(); ++frames) {
    std::uint32_t length = 0;
    if (payload.size() < sizeof length) return 0;
    std::memcpy(&length, payload.data(), sizeof length);
    if (length < wire::header_size || length > payload.size() - sizeof length) return 0;
    payload = payload.subspan(sizeof length + length);
  }
  return frames;
}

}  // namespace rmi
