// Frames that own a part of a message: what a bundle holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "bus/frame.hpp"

namespace rmi {

/// A message that several frames own. Costs no memory in the steady state.
struct Frame::Whole {
  /// More than there can be parts: so many owners there are while parts are being taken, so that
  /// to take one costs nothing.
  static constexpr std::uint32_t taking = 1U << 31U;

  static Whole* make(Frame message);
  /// So many owners less. The last one ends it.
  void release(std::uint32_t owners) noexcept;

  Frame message;
  std::atomic<std::uint32_t> owners;
};

/// Divides a message. Its memory lives as long as one of the parts.
/// Thread safety: one thread at a time; the parts may be anywhere.
class FrameParts {
 public:
  /// @throws std::bad_alloc
  explicit FrameParts(Frame message) : whole_(Frame::Whole::make(std::move(message))) {}
  ~FrameParts() { whole_->release(Frame::Whole::taking - taken_); }
  FrameParts(const FrameParts&) = delete;
  FrameParts& operator=(const FrameParts&) = delete;

  const Frame& message() const noexcept { return whole_->message; }
  /// Precondition: `bytes` are some of the message's.
  Frame take(std::span<const std::byte> bytes) noexcept {
    ++taken_;
    return Frame(*whole_, bytes);
  }

 private:
  Frame::Whole* const whole_;
  std::uint32_t taken_ = 0;
};

}  // namespace rmi
