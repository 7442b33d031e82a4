// One message: a single ZeroMQ frame, owned. Hides zmq_msg_t from everything that needs no socket.
#pragma once

#include <cstddef>
#include <span>

namespace rmi {

/// Owns the bytes of one message. Moves are cheap and never copy the bytes.
/// Thread safety: one thread at a time.
class Frame {
 public:
  Frame() noexcept;
  /// @throws std::bad_alloc
  explicit Frame(std::size_t size);
  static Frame copy_of(std::span<const std::byte> bytes);
  ~Frame();
  Frame(Frame&& other) noexcept;
  Frame& operator=(Frame&& other) noexcept;
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  std::span<std::byte> bytes() noexcept;
  std::span<const std::byte> bytes() const noexcept;
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

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
};

}  // namespace rmi
