// One message: a single ZeroMQ frame, owned. Hides zmq_msg_t from everything that needs no socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include <rmi/detail/extent.hpp>

namespace rmi {

/// Blobs of at least this size are sent from where they lie. libzmq copies messages of less than
/// 8 KiB into a buffer of its own in any case, and up to twice that a copy is cheap.
inline constexpr std::size_t in_place_from = 16384;

/// How long a frame is, in four bytes, little-endian: what goes before it on a stream.
constexpr std::array<std::byte, 4> length_prefix(std::size_t size) noexcept {
  std::array<std::byte, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>((size >> (8 * i)) & 0xffU);
  return bytes;
}

/// Owns the bytes of one message, or none. Moves are cheap and never copy the bytes.
///
/// A frame moves by copying its zmq_msg_t, as libzmq itself does (zmq_msg_move() assigns it as a
/// whole, and so do the queues between its threads), but without a call of libzmq; and one that
/// holds nothing is not libzmq's at all. Frames move a dozen times on the way of one call.
///
/// One that is a part of a message (frame_parts.hpp), or small and made here (frame_own.cpp),
/// behaves alike, but is copied when it is sent.
///
/// Thread safety: one thread at a time.
class Frame {
 public:
  struct Whole;
  /// Larger ones are made where libzmq sends them from.
  static constexpr std::size_t most_own = 1024;

  Frame() noexcept = default;
  /// @throws std::bad_alloc
  explicit Frame(std::size_t size);
  static Frame copy_of(std::span<const std::byte> bytes);
  /// A message that ends with the bytes of `tail`, in their own memory, which it keeps; `before`
  /// bytes in front of them are there to be written. Nothing if the tail has not that much room,
  /// or a message has it already, or it is nested too deeply. @throws std::bad_alloc
  static std::optional<Frame> around(const detail::Tail& tail, std::size_t before);
  /// In how many other messages' memory this one lies, as calls within the process make them.
  unsigned nesting() const noexcept { return nesting_; }
  /// A part of a message leaves it, with a copy of its bytes, so that the rest need not stay.
  /// @throws std::bad_alloc
  void keep();
  bool is_part() const noexcept { return memory_ == Memory::part; }
  /// The bytes with their length_prefix(), in one piece; empty for those that have none: larger
  /// ones, and what has been received.
  std::span<const std::byte> with_length() const noexcept;
  /// Another owner of the same bytes. Whoever writes to one writes to both.
  Frame share() const;
  ~Frame() { close(); }
  Frame(Frame&& other) noexcept { take(other); }
  Frame& operator=(Frame&& other) noexcept {
    if (this == &other) return *this;
    close();
    take(other);
    return *this;
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  std::span<std::byte> bytes() noexcept { return {data_, size_}; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Whether it may be that somebody else has the bytes, too; once true, it stays so.
  bool shared() const noexcept;

  // For the few files that own a socket of libzmq; `flags` are libzmq's.
  /// Receives one part of a message into here; what was held is gone then.
  /// @return false: zmq_errno() says why; nothing is held.
  bool receive(void* socket, int flags) noexcept;
  /// @return false: zmq_errno() says why; it is still held.
  bool send(void* socket, int flags) noexcept;
  /// Whether the message that this part was received of has more parts.
  bool more() const noexcept;
  /// What libzmq knows of the message that was received, by zmq_msg_gets(); null if nothing.
  const char* property(const char* name) const noexcept;

 private:
  friend class FrameParts;
  struct Own;
  /// Where the bytes are.
  enum class Memory : std::uint8_t { libzmq, part, own };
  Frame(Whole& whole, std::span<const std::byte> bytes) noexcept;
  void* address() const noexcept {
    void* stored = nullptr;
    std::memcpy(&stored, storage_, sizeof stored);
    return stored;
  }
  void store_address(void* of) noexcept { std::memcpy(storage_, &of, sizeof of); }
  Whole& whole() const noexcept;
  void close_part() noexcept;
  Frame share_part() const noexcept;
  bool part_shared() const noexcept;
  void make_own(std::size_t size);
  Own& own() const noexcept;
  void close_own() noexcept;
  Frame share_own() const noexcept;
  bool own_shared() const noexcept;
  void make_for_libzmq(std::size_t size);
  bool send_copy(void* socket, int flags) noexcept;

  bool held() const noexcept { return data_ != nullptr; }
  void hold() noexcept;
  void let_go() noexcept {
    data_ = nullptr;
    size_ = 0;
    nesting_ = 0;
    memory_ = Memory::libzmq;
  }
  void close() noexcept {
    if (held()) close_held();
  }
  void close_held() noexcept;
  void taken_from_libzmq() const noexcept;
  void given_to_libzmq() const noexcept;
  /// Precondition: nothing is held.
  void take(Frame& other) noexcept {
    if (!other.held()) return;
    std::memcpy(storage_, other.storage_, sizeof storage_);
    // Short messages lie in the zmq_msg_t itself.
    const auto offset = reinterpret_cast<std::uintptr_t>(other.data_) -
                        reinterpret_cast<std::uintptr_t>(other.storage_);
    data_ =
        offset < sizeof storage_ ? reinterpret_cast<std::byte*>(storage_) + offset : other.data_;
    size_ = other.size_;
    nesting_ = other.nesting_;
    memory_ = other.memory_;
    other.let_go();
  }

  /// While something is held: a zmq_msg_t, or the address of a Whole or an Own.
  alignas(void*) unsigned char storage_[64];
  std::byte* data_ = nullptr;  ///< null when nothing is held
  std::size_t size_ = 0;
  unsigned nesting_ = 0;
  Memory memory_ = Memory::libzmq;
};

}  // namespace rmi
