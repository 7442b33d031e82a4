// Bundles: several small frames in one message. What a message costs libzmq and the threads that
// hand it over is paid once for all of them; docs/protocol.md, section 3, has the layout.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "bus/frame_parts.hpp"
#include "bus/wire.hpp"

namespace rmi {

/// Frames on their way out, until they are sent together.
/// Thread safety: one thread at a time.
class Bundle {
 public:
  /// Of the message: with what ZeroMQ adds it fits into the 8 KiB that libzmq reads and writes at a
  /// time.
  static constexpr std::size_t max_size = 8000;
  static constexpr std::size_t max_payload = max_size - wire::header_size;
  /// Larger frames go by themselves: what a message costs is little beside their copy.
  static constexpr std::size_t max_frame = 1024;
  /// So many frames are enough where a message costs little, as over a local lane: more would only
  /// keep the peer waiting for what it could go on with. Measured, docs/decisions.md.
  static constexpr std::size_t most_over_lane = 16;
  /// So many oneways are enough: their sender waits for nobody, so that its queue fills up with
  /// them when the peer is slower, and holds so many times as many.
  static constexpr std::size_t most_oneways = 32;
  /// Who holds frames back holds the first no longer, while all goes as expected.
  static constexpr std::chrono::microseconds longest_wait{100};

  Bundle() = default;
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;

  static bool takes(const Frame& frame) noexcept { return frame.size() <= max_frame; }
  bool empty() const noexcept { return count_ == 0; }
  std::size_t count() const noexcept { return count_; }
  /// Whether it is time to send it.
  bool full() const noexcept { return count_ >= most_; }
  /// Whether add() may be called. Not any more once there was a message().
  bool fits(const Frame& frame) const noexcept {
    return takes(frame) && !full() && !sealed_ && size_ + sizeof(Length) + frame.size() <= max_size;
  }
  /// Precondition: fits().
  void add(Frame&& frame) noexcept;
  /// The same of a frame that somebody keeps. Precondition: fits().
  void add_shared(const Frame& frame) noexcept;
  /// What is to be sent: the frame itself if it is the only one. Null when there is no memory.
  /// Precondition: not empty.
  Frame* message() noexcept;
  /// Whether there was a message(), which is to be sent again.
  bool sealed() const noexcept { return sealed_; }
  /// It was sent.
  void clear() noexcept;
  /// The next frame is a message by itself, then four are one, then sixteen, and so on: whoever is
  /// to take them up begins at once, and has the rest in few pieces.
  void begin_small() noexcept { most_ = 1; }
  void take_all() noexcept { most_ = max_size; }

 private:
  using Length = std::uint32_t;
  void append(std::span<const std::byte> frame) noexcept;
  void add_bytes(std::span<const std::byte> frame) noexcept;

  std::size_t count_ = 0;
  std::size_t most_ = max_size;
  std::size_t size_ = wire::header_size;  ///< of the message, should it become one of several
  Frame only_;           ///< the first one, until there is a second; the message, once sealed
  bool sealed_ = false;  ///< there was a message()
  std::array<std::byte, max_size> bytes_;  ///< what is behind the header, at its place
};

namespace detail {
/// The frame at the beginning of what is left of a bundle, which is shortened by it.
/// Precondition: well_formed() of all that is left.
inline std::span<const std::byte> next_in_bundle(std::span<const std::byte>& left) noexcept {
  std::uint32_t length = 0;
  std::memcpy(&length, left.data(), sizeof length);
  const auto frame = left.subspan(sizeof length, length);
  left = left.subspan(sizeof length + length);
  return frame;
}
}  // namespace detail

/// Whether a frame, or what else has come, says that it is a bundle.
inline bool is_bundle(const Frame& frame) noexcept {
  return frame.size() > wire::header_size && wire::kind_of(frame) == wire::Kind::bundle;
}
/// How many frames the payload of a bundle holds. 0 if it is not what it must be: frames, each
/// after its length, and at least one; no longer than they may be, so that nobody keeps its
/// receiver with what he has sent for longer than others. Of the frames themselves only the size is
/// looked at.
std::size_t frames_in_bundle(std::span<const std::byte> payload) noexcept;

/// Calls `fn(Frame)` for each frame of a bundle, in order; they own the bundle's memory.
/// @param payload  of the bundle; well formed.
template <class Fn>
void for_each_in(Frame&& bundle, std::span<const std::byte> payload, Fn&& fn) {
  FrameParts parts(std::move(bundle));
  while (!payload.empty())
    fn(parts.take(detail::next_in_bundle(payload)));
}

}  // namespace rmi
