// One message: a single ZeroMQ frame, owned. Hides zmq_msg_t from everything that needs no socket.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <rmi/detail/extent.hpp>

namespace rmi {

/// Blobs of at least this size are sent from where they lie. libzmq copies messages of less than
/// 8 KiB into a buffer of its own in any case, and up to twice that a copy is cheap.
inline constexpr std::size_t in_place_from = 16384;

/// Owns the bytes of one message. Moves are cheap and never copy the bytes.
/// Thread safety: one thread at a time.
class Frame {
 public:
  Frame() noexcept;
  /// @throws std::bad_alloc
  explicit Frame(std::size_t size);
  static Frame copy_of(std::span<const std::byte> bytes);
  /// A message that ends with the bytes of `tail`, in their own memory, which it keeps; `before`
  /// bytes in front of them are there to be written. Nothing if the tail has not that much room,
  /// or a message has it already, or it is nested too deeply. @throws std::bad_alloc
  static std::optional<Frame> around(const detail::Tail& tail, std::size_t before);
  /// In how many other messages' memory this one lies, as calls within the process make them.
  unsigned nesting() const noexcept { return nesting_; }
  /// Another owner of the same bytes. Whoever writes to one writes to both.
  Frame share() const;
  ~Frame();
  Frame(Frame&& other) noexcept;
  Frame& operator=(Frame&& other) noexcept;
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  std::span<std::byte> bytes() noexcept;
  std::span<const std::byte> bytes() const noexcept;
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  /// Whether it may be that somebody else has the bytes, too; once true, it stays so.
  bool shared() const noexcept;

  // libzmq reuses the memory of received messages once all of them are closed. ThreadSanitizer does
  // not see how libzmq orders that, so it is told; elsewhere these do nothing. A frame that is
  // destroyed or assigned to is given back by itself.
  /// After libzmq has put a message in here.
  void taken_from_libzmq() const noexcept;
  /// Before libzmq gets the message.
  void given_to_libzmq() const noexcept;

  /// The zmq_msg_t in here, for the few files that own a socket.
  void* native() noexcept { return storage_; }

 private:
  alignas(void*) unsigned char storage_[64];  // sizeof(zmq_msg_t), checked in frame.cpp
  unsigned nesting_ = 0;
};

}  // namespace rmi
