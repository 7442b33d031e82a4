// Values to bytes and back: cereal archives over memory that survive hostile input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <rmi/detail/archive_types.hpp>
#include <rmi/detail/extent.hpp>
#include <rmi/limits.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

// The bytes are those of cereal::BinaryOutputArchive on a little-endian host: fixed-size numbers,
// 64-bit counts, no names, no padding. docs/archive.md lists the types that can travel.

namespace rmi {

/// The bytes do not decode to the values asked for, or would cost more than the limits allow. The
/// text names the offset, what was found and what was expected. Nothing ran.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Counts the bytes that values take. Thread safety: one thread at a time.
class SizeArchive : public cereal::OutputArchive<SizeArchive, cereal::AllowEmptyClassElision> {
 public:
  SizeArchive() : OutputArchive(this) {}
  SizeArchive(const SizeArchive&) = delete;

  std::size_t size() const noexcept { return size_; }
  /// For cereal: raw bytes of users' own save functions.
  void saveBinary(const void*, std::size_t size) noexcept { size_ += size; }

  /// Says that the bytes counted last can be sent from where they lie.
  void note(detail::Tail tail) noexcept {
    tail_ = std::move(tail);
    tail_end_ = size_;
  }
  detail::Extent take() noexcept {
    if (tail_end_ != size_) tail_ = {};
    return {size_, std::move(tail_)};
  }

 private:
  std::size_t size_ = 0;
  detail::Tail tail_;
  std::size_t tail_end_ = 0;  ///< the size when it was noted
};

namespace detail {
[[noreturn]] void throw_overflow(std::size_t wanted, std::size_t offset, std::size_t left);
[[noreturn]] void throw_not_filled(std::size_t given, std::size_t written);
[[noreturn]] void throw_truncated(std::size_t wanted, std::size_t offset, std::size_t left);
[[noreturn]] void throw_memory(std::uint64_t count, std::size_t element, std::size_t offset,
                               std::size_t left, std::size_t budget);
[[noreturn]] void throw_depth(std::size_t limit, std::size_t offset);
[[noreturn]] void throw_flag(const char* what, unsigned value, std::size_t offset);
[[noreturn]] void throw_index(std::int32_t index, std::size_t alternatives, std::size_t offset);
[[noreturn]] void throw_trailing(std::size_t left, std::size_t offset);
/// Throws the exception that is being handled as a DecodeError.
[[noreturn]] void rethrow_as_decode_error();
}  // namespace detail

/// Writes values into memory of a size known before. Thread safety: one thread at a time.
class OutputArchive : public cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision> {
 public:
  /// @param into  is borrowed; must be at least as long as SizeArchive says.
  explicit OutputArchive(std::span<std::byte> into)
      : cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision>(this),
        begin_(into.data()),
        next_(into.data()),
        end_(into.data() + into.size()) {}
  OutputArchive(const OutputArchive&) = delete;

  /// Bytes written so far.
  std::size_t written() const noexcept { return static_cast<std::size_t>(next_ - begin_); }

  /// For cereal, and for users' own save functions.
  /// @throws std::length_error  the bytes do not fit.
  void saveBinary(const void* data, std::size_t size) {
    const auto left = static_cast<std::size_t>(end_ - next_);
    if (size > left) detail::throw_overflow(size, written(), left);
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

/// Reads values from the bytes of a stranger: refuses what does not fit before it takes memory for
/// it. For one message only. Thread safety: one thread at a time.
class InputArchive : public cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision> {
 public:
  /// @param from    is borrowed for the life of the archive.
  /// @param limits  what decoding may cost.
  /// @param owner   is borrowed; nullptr when values must copy what they keep.
  explicit InputArchive(std::span<const std::byte> from, const DecodeLimits& limits = {},
                        ByteOwner* owner = nullptr)
      : cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision>(this),
        begin_(from.data()),
        next_(from.data()),
        end_(from.data() + from.size()),
        limits_(limits),
        budget_(budget(from.size(), limits)),
        owner_(owner) {}
  InputArchive(const InputArchive&) = delete;

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
    if (next_ != end_) detail::throw_trailing(remaining(), offset());
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
    if (size > remaining()) detail::throw_truncated(size, offset(), remaining());
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
      detail::throw_memory(n, bytes, offset(), budget_, budget(offset() + remaining(), limits_));
    }
    budget_ -= total;
  }
  void enter() {
    if (depth_ >= limits_.max_depth) detail::throw_depth(limits_.max_depth, offset());
    ++depth_;
  }
  void leave() noexcept { --depth_; }

 private:
  template <class T>
  static bool takes_bytes();
  template <class T>
  static constexpr bool (*takes_bytes_if_unknown())() {
    if constexpr (detail::min_wire<T>() == 0) return &takes_bytes<T>;
    return nullptr;
  }
  template <class T, int NodeBytes>
  static constexpr detail::Element element_of{detail::min_wire<T>(),
                                              sizeof(T) + detail::heap_bytes<T> + NodeBytes,
                                              takes_bytes_if_unknown<T>()};
  static constexpr detail::Element unknown_element{1, 1, nullptr};

  static std::size_t budget(std::size_t message, const DecodeLimits& limits) noexcept {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(message, limits.memory_factor, &bytes) ||
        __builtin_add_overflow(bytes, limits.memory_base, &bytes)) {
      return limits.memory_max;
    }
    return bytes < limits.memory_max ? bytes : limits.memory_max;
  }

  std::size_t count(std::uint64_t n, const detail::Element& element) {
    if (n > remaining() / (element.wire == 0 ? 1 : element.wire)) check_count(n, element);
    charge(n, element.memory);
    return static_cast<std::size_t>(n);
  }
  /// The rare case: more elements than bytes are left, right only if they take none.
  void check_count(std::uint64_t n, const detail::Element& element) const;

  const std::byte* begin_;
  const std::byte* next_;
  const std::byte* end_;
  DecodeLimits limits_;
  std::size_t budget_;
  std::size_t depth_ = 0;
  ByteOwner* owner_;
  const detail::Element* element_ = &unknown_element;
};

}  // namespace rmi

#include <rmi/detail/archive_functions.hpp>
#include <rmi/detail/archive_std.hpp>

namespace rmi {

/// Whether values of T can be sent: cereal has functions for it, and neither it nor what it is made
/// of (as far as can be seen from outside) is refused.
template <class T>
concept encodable = detail::refusal<std::remove_cvref_t<T>>()
== detail::Refusal::none&& detail::saves<std::remove_cvref_t<T>>();

/// Whether values of T can be received.
template <class T>
concept decodable = detail::refusal<std::remove_cvref_t<T>>()
== detail::Refusal::none&& detail::loads<std::remove_cvref_t<T>>();

/// Bytes that encode() will write for these values.
template <class... T>
std::size_t encoded_size(const T&... values) {
  (detail::refuse_at_compile_time<T>(), ...);
  SizeArchive archive;
  (archive(values), ...);
  return archive.size();
}

namespace detail {
/// The same, for a message that is made of the memory of the Blob at its end.
template <class... T>
Extent extent_of(const T&... values) {
  (refuse_at_compile_time<T>(), ...);
  SizeArchive archive;
  (archive(values), ...);
  return archive.take();
}
}  // namespace detail

/// Writes the values, one after the other.
/// @param into  exactly as many bytes as encoded_size() of the same values. If the last of them is
///              a Blob whose bytes lie right behind `into`, then those are not to be in it.
/// @throws std::length_error  it has another length. What users' save functions throw passes.
template <class... T>
void encode(std::span<std::byte> into, const T&... values) {
  (detail::refuse_at_compile_time<T>(), ...);
  OutputArchive archive(into);
  (archive(values), ...);
  if (archive.written() != into.size()) detail::throw_not_filled(into.size(), archive.written());
}

template <class... T>
void decode_from(std::span<const std::byte> from, const DecodeLimits& limits, ByteOwner* owner,
                 T&... values);

/// Reads all values, which must be all that the bytes hold.
/// @param values  are left half-read on an error: decode into locals.
/// @throws DecodeError  and nothing else, whatever goes wrong, users' load functions included.
template <class... T>
void decode(std::span<const std::byte> from, const DecodeLimits& limits, T&... values) {
  decode_from(from, limits, nullptr, values...);
}

/// The same for bytes that a value may share instead of copying them: see rmi::Blob.
/// @param owner  is asked at most once for each such value; nullptr is as decode().
template <class... T>
void decode_from(std::span<const std::byte> from, const DecodeLimits& limits, ByteOwner* owner,
                 T&... values) {
  (detail::refuse_at_compile_time<T>(), ...);
  try {
    InputArchive archive(from, limits, owner);
    (archive(values), ...);
    archive.finish();
  } catch (...) {
    detail::rethrow_as_decode_error();
  }
}

}  // namespace rmi
