// Bytes counted, written and read: the archives without cereal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <rmi/detail/archive_types.hpp>
#include <rmi/detail/extent.hpp>
#include <rmi/limits.hpp>

namespace rmi::detail {

[[noreturn]] void throw_overflow(std::size_t wanted, std::size_t offset, std::size_t left);
[[noreturn]] void throw_not_filled(std::size_t given, std::size_t written);
[[noreturn]] void throw_truncated(std::size_t wanted, std::size_t offset, std::size_t left);
[[noreturn]] void throw_memory(std::uint64_t count, std::size_t element, std::size_t offset,
                               std::size_t left, std::size_t budget);
[[noreturn]] void throw_depth(std::size_t limit, std::size_t offset);
[[noreturn]] void throw_flag(const char* what, unsigned value, std::size_t offset);
[[noreturn]] void throw_index(std::int32_t index, std::size_t alternatives, std::size_t offset);
[[noreturn]] void throw_trailing(std::size_t left, std::size_t offset);

/// See SizeArchive.
class ByteCounter {
 public:
  std::size_t size() const noexcept { return size_; }
  /// For cereal: raw bytes of users' own save functions.
  void saveBinary(const void*, std::size_t size) noexcept { size_ += size; }

  /// Says that the bytes counted last can be sent from where they lie.
  void note(Tail tail) noexcept {
    tail_ = std::move(tail);
    tail_end_ = size_;
  }
  Extent take() noexcept {
    if (tail_end_ != size_) tail_ = {};
    return {size_, std::move(tail_)};
  }

 private:
  std::size_t size_ = 0;
  Tail tail_;
  std::size_t tail_end_ = 0;  ///< the size when it was noted
};

/// See OutputArchive.
class ByteWriter {
 public:
  explicit ByteWriter(std::span<std::byte> into) noexcept
      : begin_(into.data()), next_(into.data()), end_(into.data() + into.size()) {}

  /// Bytes written so far.
  std::size_t written() const noexcept { return static_cast<std::size_t>(next_ - begin_); }

  /// For cereal, and for users' own save functions.
  /// @throws std::length_error  the bytes do not fit.
  void saveBinary(const void* data, std::size_t size) {
    const auto left = static_cast<std::size_t>(end_ - next_);
    if (size > left) throw_overflow(size, written(), left);
    if (size != 0) std::memcpy(next_, data, size);
    next_ += size;
  }

  /// Whether bytes that are to follow a count lie behind the memory already: see encode().
  bool ends_before(const std::byte* data) const noexcept {
    return next_ + sizeof(cereal::size_type) == end_ && data == end_;
  }

 private:
  std::byte* begin_;
  std::byte* next_;
  std::byte* end_;
};

/// See InputArchive.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> from, const DecodeLimits& limits, ByteOwner* owner) noexcept
      : begin_(from.data()),
        next_(from.data()),
        end_(from.data() + from.size()),
        limits_(limits),
        budget_(budget(from.size(), limits)),
        owner_(owner) {}

  /// Bytes not read yet.
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - next_); }
  /// Bytes read so far.
  std::size_t offset() const noexcept { return static_cast<std::size_t>(next_ - begin_); }

  /// Checks a number of elements that a user's own load function has read, before it takes memory
  /// for them: `std::uint32_t n; ar(n); items.resize(ar.checked_count<Item>(n));`.
  /// @return n. @throws DecodeError  n elements cannot follow, or cost more than the limits allow.
  template <class T>
  std::size_t checked_count(std::uint64_t n) {
    return count(n, element_of<T, 0>);
  }

  /// To be called after the last value. @throws DecodeError  there are bytes left.
  void finish() const {
    if (next_ != end_) throw_trailing(remaining(), offset());
  }

  /// For cereal, and for users' own load functions. @throws DecodeError  too few bytes are left.
  void loadBinary(void* data, std::size_t size) {
    const std::byte* from = take(size);
    if (size != 0) std::memcpy(data, from, size);
  }

  /// Who has the bytes, or nullptr.
  ByteOwner* owner() const noexcept { return owner_; }

  // What follows is for the functions in detail/archive_functions.hpp.

  /// Moves over bytes that are there. @return the first of them.
  const std::byte* take(std::size_t size) {
    if (size > remaining()) throw_truncated(size, offset(), remaining());
    return std::exchange(next_, next_ + size);
  }
  /// The next bytes, not taken.
  std::span<const std::byte> peek() const noexcept { return {next_, end_}; }

  /// Says what the elements of the container are whose number is read next.
  template <class T, int NodeBytes>
  void expect_elements() noexcept {
    element_ = &element_of<T, NodeBytes>;
  }
  void expect_unknown_elements() noexcept { element_ = &unknown_element; }
  /// Checks the number of elements of a container that was announced with expect_elements().
  std::size_t container_count(std::uint64_t n) {
    return count(n, *std::exchange(element_, &unknown_element));
  }
  void charge(std::uint64_t n, std::size_t bytes) {
    std::size_t total = 0;
    if (__builtin_mul_overflow(n, bytes, &total) || total > budget_) {
      throw_memory(n, bytes, offset(), budget_, budget(offset() + remaining(), limits_));
    }
    budget_ -= total;
  }
  void enter() {
    if (depth_ >= limits_.max_depth) throw_depth(limits_.max_depth, offset());
    ++depth_;
  }
  void leave() noexcept { --depth_; }

 private:
  template <class T>
  static bool takes_bytes();
  template <class T>
  static constexpr bool (*takes_bytes_if_unknown())() {
    if constexpr (min_wire<T>() == 0) return &takes_bytes<T>;
    return nullptr;
  }
  template <class T, int NodeBytes>
  static constexpr Element element_of{min_wire<T>(), sizeof(T) + heap_bytes<T> + NodeBytes,
                                      takes_bytes_if_unknown<T>()};
  static constexpr Element unknown_element{1, 1, nullptr};

  static std::size_t budget(std::size_t message, const DecodeLimits& limits) noexcept {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(message, limits.memory_factor, &bytes) ||
        __builtin_add_overflow(bytes, limits.memory_base, &bytes)) {
      return limits.memory_max;
    }
    return bytes < limits.memory_max ? bytes : limits.memory_max;
  }

  std::size_t count(std::uint64_t n, const Element& element) {
    if (n > remaining() / (element.wire == 0 ? 1 : element.wire)) check_count(n, element);
    charge(n, element.memory);
    return static_cast<std::size_t>(n);
  }
  /// The rare case: more elements than bytes are left, right only if they take none.
  void check_count(std::uint64_t n, const Element& element) const;

  const std::byte* begin_;
  const std::byte* next_;
  const std::byte* end_;
  DecodeLimits limits_;
  std::size_t budget_;
  std::size_t depth_ = 0;
  ByteOwner* owner_;
  const Element* element_ = &unknown_element;
};

}  // namespace rmi::detail
