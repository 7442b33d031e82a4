// Values to bytes and back: cereal archives over memory that survive hostile input.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <type_traits>

#include <rmi/detail/archive_bytes.hpp>
#include <rmi/detail/archive_types.hpp>
#include <rmi/detail/extent.hpp>
#include <rmi/limits.hpp>

// The bytes are those of cereal::BinaryOutputArchive on a little-endian host: fixed-size numbers,
// 64-bit counts, no names, no padding. docs/archive.md lists the types that can travel.

namespace rmi {

/// The bytes do not decode to the values asked for, or would cost more than the limits allow. The
/// text names the offset, what was found and what was expected. Nothing ran.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {
/// Throws the exception that is being handled as a DecodeError.
[[noreturn]] void rethrow_as_decode_error();
}  // namespace detail

// What can be done with each archive is in detail/archive_bytes.hpp.

/// Counts the bytes that values take. Thread safety: one thread at a time.
class SizeArchive : public cereal::OutputArchive<SizeArchive, cereal::AllowEmptyClassElision>,
                    public detail::ByteCounter {
 public:
  SizeArchive() : OutputArchive(this) {}
  SizeArchive(const SizeArchive&) = delete;
};

/// Writes values into memory of a size known before. Thread safety: one thread at a time.
class OutputArchive : public cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision>,
                      public detail::ByteWriter {
 public:
  /// @param into  is borrowed; must be at least as long as SizeArchive says.
  explicit OutputArchive(std::span<std::byte> into)
      : cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision>(this),
        ByteWriter(into) {}
  OutputArchive(const OutputArchive&) = delete;
};

/// Reads values from the bytes of a stranger: refuses what does not fit before it takes memory for
/// it. For one message only. Thread safety: one thread at a time.
class InputArchive : public cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision>,
                     public detail::ByteReader {
 public:
  /// @param from    is borrowed for the life of the archive.
  /// @param limits  what decoding may cost.
  /// @param owner   is borrowed; nullptr when values must copy what they keep.
  explicit InputArchive(std::span<const std::byte> from, const DecodeLimits& limits = {},
                        ByteOwner* owner = nullptr)
      : cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision>(this),
        ByteReader(from, limits, owner) {}
  InputArchive(const InputArchive&) = delete;
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
  detail::Archive<SizeArchive, detail::ByteCounter, T...> archive;
  (detail::put(archive, values), ...);
  return archive.size();
}

namespace detail {
/// The same, for a message that is made of the memory of the Blob at its end.
template <class... T>
Extent extent_of(const T&... values) {
  (refuse_at_compile_time<T>(), ...);
  Archive<SizeArchive, ByteCounter, T...> archive;
  (put(archive, values), ...);
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
  detail::Archive<OutputArchive, detail::ByteWriter, T...> archive(into);
  (detail::put(archive, values), ...);
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
    detail::Archive<InputArchive, detail::ByteReader, T...> archive(from, limits, owner);
    (detail::get(archive, values), ...);
    archive.finish();
  } catch (...) {
    detail::rethrow_as_decode_error();
  }
}

}  // namespace rmi
