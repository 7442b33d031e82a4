// What values take in a message, and which of their bytes need not be copied into it or out of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace rmi::detail {

/// Memory that lies before the bytes of a Blob and that nobody else looks at. The beginning of the
/// message in which the blob is sent is written there, so that the message is made of the blob's
/// own memory. One message has it at a time; the bytes of the blob are never written to.
/// Thread safety: thread safe.
class Headroom {
 public:
  /// @param begin    its first byte. It ends where the bytes of the blob begin.
  /// @param nesting  in the memory of how many messages, one within the other, it lies.
  explicit Headroom(std::byte* begin, unsigned nesting = 0) noexcept
      : begin_(begin), nesting_(nesting) {}
  std::byte* begin() const noexcept { return begin_; }
  unsigned nesting() const noexcept { return nesting_; }

  /// @param self  owns this, and the memory; is kept until release().
  /// @return false when another message has it.
  bool claim(const std::shared_ptr<Headroom>& self) noexcept {
    if (claimed_.exchange(true, std::memory_order_acq_rel)) return false;
    self_ = self;
    return true;
  }
  /// The message is gone. This may be gone then, too.
  void release() noexcept {
    const auto self = std::move(self_);
    claimed_.store(false, std::memory_order_release);
  }

 private:
  std::byte* const begin_;
  const unsigned nesting_;
  std::atomic<bool> claimed_{false};
  std::shared_ptr<Headroom> self_;  ///< of whoever has claimed it
};

/// The blob that ends what is encoded.
struct Tail {
  std::shared_ptr<Headroom> room;
  std::span<const std::byte> bytes;
};

/// What values take when they are encoded.
struct Extent {
  // Implicit: most values are their size and nothing more.
  Extent(std::size_t bytes) noexcept : size(bytes) {}  // NOLINT(google-explicit-constructor)
  Extent(std::size_t bytes, Tail last) noexcept : size(bytes), tail(std::move(last)) {}

  std::size_t size;
  Tail tail{};  ///< empty when they must be copied to the last byte
};

}  // namespace rmi::detail

namespace rmi {

/// Who has the bytes that are decoded, and can keep them for a value that points into them.
class ByteOwner {
 public:
  struct Shared {
    std::shared_ptr<const void> owner;  ///< keeps the bytes where they are
    detail::Headroom* room = nullptr;   ///< of the owner: what lies before them, if it is free
  };
  /// Called for values of at least `shared_from_bytes` only, so that the owner may move smaller
  /// messages about; in the order in which they lie there.
  virtual Shared share(std::span<const std::byte> bytes) = 0;

 protected:
  ~ByteOwner() = default;
};
inline constexpr std::size_t shared_from_bytes = 1024;

}  // namespace rmi
