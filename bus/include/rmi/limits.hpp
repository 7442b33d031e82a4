// Limits that bound what a message may ask of its receiver.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rmi {

/// Largest message, header included. A frame over the receiver's limit ends the connection
/// (libzmq's ZMQ_MAXMSGSIZE), so the sender checks first.
inline constexpr std::size_t default_max_message = 64U << 20U;

/// Longest object, method or tag name in bytes of UTF-8.
inline constexpr std::size_t max_name_length = 255;

/// What decoding one message may cost. Each field names the attack that it stops.
struct DecodeLimits {
  /// Stack overflow through deeply nested values.
  std::size_t max_depth = 64;
  /// Endless loops over elements that take no bytes on the wire.
  std::uint64_t max_count = std::uint64_t{1} << 24U;
  /// Memory that a small message can claim: this many bytes for each byte that arrived ...
  std::size_t memory_factor = 16;
  /// ... plus this many, ...
  std::size_t memory_base = std::size_t{1} << 20U;
  /// ... and never more than this many.
  std::size_t memory_max = std::size_t{256} << 20U;
};

}  // namespace rmi
