// Large binary data that is not copied more than it must be: rmi::Blob.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/reflect.hpp>

namespace rmi {

namespace detail {
struct BlobAccess;
}

/// Bytes that never change and are shared by all copies. As a parameter, result or field it is
/// `bytes`, like std::vector<std::byte>: either end may use the one or the other.
///
/// Receiving copies nothing (from 1 KiB on): the bytes stay where they arrived, and a Blob keeps
/// the memory of the whole message that it came in. Sending copies nothing (from 16 KiB on) if the
/// blob is the last value of the message, as the last argument or the result is, and there is room
/// before its bytes: it was made by a BlobBuilder or as a copy of a span, or it was received in a
/// message that begins with no less than the one that it is sent in does, as one that brings an
/// argument and one that takes it back. One message has that room at a time; a blob that is sent
/// again before the first message has left the process is copied once, into the second. So are all
/// others: blobs that took over a vector, a string or the memory of an owner, and slices that begin
/// within the blob.
/// Thread safety: as std::shared_ptr to const.
class Blob {
 public:
  Blob() = default;

  /// Takes the bytes over.
  template <class T>
  requires(sizeof(T) == 1) Blob(std::vector<T> bytes) {  // NOLINT: a vector is such bytes
    own(std::move(bytes));
  }
  explicit Blob(std::string bytes) { own(std::move(bytes)); }
  /// Copies the bytes.
  explicit Blob(std::span<const std::byte> bytes);
  /// Points at bytes that `owner` keeps where they are: a mapped file, a buffer of a library. They
  /// must not change any more.
  Blob(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) noexcept
      : owner_(std::move(owner)), bytes_(bytes) {}

  const std::byte* data() const noexcept { return bytes_.data(); }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return bytes_.empty(); }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  const std::byte* begin() const noexcept { return data(); }
  const std::byte* end() const noexcept { return data() + size(); }

  /// A part of it, shared. Ends where this one ends.
  Blob slice(std::size_t offset, std::size_t count = static_cast<std::size_t>(-1)) const {
    const std::size_t from = std::min(offset, size());
    Blob part(bytes_.subspan(from, std::min(count, size() - from)), owner_);
    if (from == 0) part.room_ = room_;  // else others look at what lies before it
    return part;
  }

  friend bool operator==(const Blob& a, const Blob& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  friend struct detail::BlobAccess;

  template <class Container>
  void own(Container bytes) {
    const auto kept = std::make_shared<const Container>(std::move(bytes));
    bytes_ = std::as_bytes(std::span(kept->data(), kept->size()));
    owner_ = kept;
  }

  std::shared_ptr<const void> owner_;
  detail::Headroom* room_ = nullptr;  ///< belongs to the owner; null if there is none
  std::span<const std::byte> bytes_;
};

/// The bytes of a Blob while they are written, in memory from which they are sent without a copy.
///
///     rmi::BlobBuilder picture(camera.frame_size());
///     camera.read_into(picture.bytes());
///     viewer->show(std::move(picture).build());
///
/// A resource with one owner. Thread safety: one thread at a time.
class BlobBuilder {
 public:
  /// @param size  in bytes, which are all zero. @throws std::bad_alloc
  explicit BlobBuilder(std::size_t size);

  /// Empty when they were given to a Blob.
  std::span<std::byte> bytes() noexcept { return bytes_; }

  /// Makes the bytes a Blob, without a copy. They must not be written to any more.
  Blob build() &&;

  BlobBuilder(BlobBuilder&& other) noexcept
      : room_(std::move(other.room_)), bytes_(std::exchange(other.bytes_, {})) {}
  BlobBuilder& operator=(BlobBuilder&& other) noexcept {
    room_ = std::move(other.room_);
    bytes_ = std::exchange(other.bytes_, {});
    return *this;
  }
  BlobBuilder(const BlobBuilder&) = delete;
  BlobBuilder& operator=(const BlobBuilder&) = delete;
  ~BlobBuilder() = default;

 private:
  std::shared_ptr<detail::Headroom> room_;  ///< owns the memory
  std::span<std::byte> bytes_;
};

namespace detail {
// To the archives it is like a container of bytes: no level of nesting, and never without its
// count.
template <>
struct Parts<Blob> : PartsOf<> {};
template <>
inline constexpr std::size_t min_wire_own<Blob> = sizeof(cereal::size_type);
template <>
struct Reflect<Blob> : Around<Kind::bytes> {};

/// For those that send and receive blobs.
struct BlobAccess {
  /// @param owner  of the bytes; null if they must be copied.
  static Blob received(std::span<const std::byte> bytes, ByteOwner* owner);
  /// Empty if sending it takes a copy.
  static Tail tail(const Blob& blob);
  static Blob over(std::shared_ptr<Headroom> room, std::span<const std::byte> bytes) noexcept;
};
}  // namespace detail

inline void save(SizeArchive& ar, const Blob& blob) {
  detail::save_counted(ar, blob.data(), blob.size(), 1);
  ar.note(detail::BlobAccess::tail(blob));
}

inline void save(OutputArchive& ar, const Blob& blob) {
  const bool there = ar.ends_before(blob.data());
  const cereal::size_type count = blob.size();
  ar.saveBinary(&count, sizeof count);
  if (!there) ar.saveBinary(blob.data(), blob.size());
}

inline void load(InputArchive& ar, Blob& blob) {
  ar.expect_elements<std::byte, 0>();
  const std::size_t size = detail::load_count(ar);
  blob = detail::BlobAccess::received({ar.take(size), size}, ar.owner());
}

}  // namespace rmi
