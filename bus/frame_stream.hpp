// Frames over a stream socket: four bytes of length, little-endian, then the frame.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "bus/frame.hpp"

namespace rmi {

/// Owns the descriptor. What the kernel has no room for is queued here until flush().
/// Thread safety: thread safe, except receive(), which belongs to one thread at a time.
class FrameStream {
 public:
  /// @param fd           a connected stream socket, which does not block.
  /// @param max_message  the connection ends when a longer frame is announced.
  FrameStream(int fd, std::size_t max_message);
  ~FrameStream();
  FrameStream(const FrameStream&) = delete;
  FrameStream& operator=(const FrameStream&) = delete;

  int fd() const noexcept { return fd_; }
  /// False when the connection has ended, or too much is queued; `frame` is kept. Costs one system
  /// call while there is room.
  bool send(Frame& frame) noexcept;
  /// Sends what is queued, as far as there is room.
  void flush() noexcept;
  /// Whether something is queued: flush() when the descriptor takes more.
  bool queued() const noexcept { return queued_.load(std::memory_order_acquire); }

  /// False when nothing is there; asks the kernel only once for what comes in one piece.
  bool receive(Frame& frame) noexcept;
  /// The kernel says that there is something: receive() asks it.
  void note_readable() noexcept { emptied_ = false; }
  /// Whether receive() has one without asking the kernel.
  bool holds_frame() const noexcept;
  /// For whoever receives: all that came has been received, and no more will.
  bool finished() const noexcept { return finished_ && !holds_frame(); }
  /// Nothing is sent any more.
  bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  /// Ends the connection in both directions.
  void end() noexcept;
  /// How often something came.
  std::uint64_t arrivals() const noexcept { return arrivals_.load(std::memory_order_relaxed); }

 private:
  struct Queued {
    Frame frame;
    std::size_t sent;  ///< of its length and bytes together
  };
  std::size_t send_some(Frame& frame, std::size_t sent) noexcept;
  std::size_t note_sent(ssize_t done, std::size_t sent) noexcept;
  bool take_frame(Frame& frame) noexcept;
  bool read_more() noexcept;
  bool refuse() noexcept;

  const int fd_;
  const std::size_t max_message_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> queued_{false};
  std::atomic<std::uint64_t> arrivals_{0};

  std::mutex sending_;  ///< guards the queue
  std::deque<Queued> queue_;
  std::size_t queue_bytes_ = 0;

  const std::unique_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0;  ///< of what is in the buffer and not yet taken
  std::size_t end_ = 0;
  Frame partial_;  ///< a long frame, received into its own memory
  std::size_t filled_ = 0;
  bool emptied_ = false;  ///< the last read took all that the kernel had
  bool finished_ = false;
};

}  // namespace rmi
