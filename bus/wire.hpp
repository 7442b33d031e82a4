// Wire v1: the header that precedes every payload. docs/protocol.md is the normative text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include <rmi/detail/extent.hpp>
#include <rmi/detail/function_ref.hpp>

#include "bus/frame.hpp"

namespace rmi::wire {

inline constexpr std::uint16_t magic = 0x4d52;  // "RM"
inline constexpr std::uint8_t version = 1;
inline constexpr std::size_t header_size = 40;

/// What a frame is for. Numbers are the protocol.
enum class Kind : std::uint8_t {
  hello = 1,    ///< peer -> broker: a session begins; payload Hello
  welcome = 2,  ///< broker -> peer: answer to hello; payload Welcome
  call = 3,     ///< caller -> broker -> daemon: run a method; payload its arguments
  reply = 4,    ///< daemon -> broker -> caller: the result
  error = 5,    ///< either way: the call, or the frame, failed; payload ErrorPayload
  cancel = 6,   ///< caller -> broker -> daemon: nobody waits for that call any more
  ping = 7,     ///< either way: are you there; answered by pong with the same call id
  pong = 8,
  renew = 9,   ///< daemon -> broker: extend the lease of all my registrations; answered by pong
  bye = 10,    ///< peer -> broker: my session ends now; broker -> peer: so will yours, send no more
  watch = 11,  ///< peer -> broker: tell me when the session Header::session ends; and back, if
               ///< asked whose it is (flag::whose): principal number Header::registration
  drain = 12,  ///< broker -> daemon: stop serving that object; without a name, all, and end
  gone = 13,   ///< broker -> peer: the session Header::session has ended
  bundle = 14,  ///< either way: several frames at once, see bus/bundle.hpp
};

/// Bits of Header::flags.
namespace flag {
inline constexpr std::uint16_t wait_for_name = 1;  ///< call: hold it until the name is there
inline constexpr std::uint16_t oneway = 2;         ///< call: nobody waits for an answer
inline constexpr std::uint16_t sticky = 4;    ///< call: stay with the registration picked first
inline constexpr std::uint16_t farewell = 8;  ///< gone: it said bye, and does not come back
inline constexpr std::uint16_t whose = 16;    ///< watch: say which principal's session that is
inline constexpr std::uint16_t bundles = 32;  ///< hello, welcome: its sender takes bundles
}  // namespace flag

/// The fixed part, in host form. Layout on the wire: see docs/protocol.md.
struct Header {
  Kind kind = Kind::call;
  std::uint16_t flags = 0;
  std::uint32_t remaining_ms = 0;  ///< time the call may still take; 0 = no deadline
  std::uint32_t signature = 0;     ///< hash of the signature the caller was built against
  std::uint64_t call_id = 0;       ///< the caller's number; the broker's slot towards the daemon
  std::uint64_t registration = 0;  ///< which registration serves, or served, the call
  std::uint32_t session = 0;       ///< broker to daemon: who calls; watch, gone: who is watched
};

/// A frame taken apart. All views point into the frame.
struct View {
  Header header;
  std::string_view object;
  std::string_view method;
  std::span<const std::byte> annotations;
  std::span<const std::byte> payload;
};

/// Why bytes are not a frame of this version.
enum class Fault : std::uint8_t {
  too_short,  ///< fewer than header_size bytes
  bad_magic,
  unknown_version,
  unknown_kind,
  bad_lengths,  ///< the lengths in the header go beyond the frame
};
std::string_view to_string(Fault fault) noexcept;

/// Takes any bytes apart; never reads outside of them, never allocates.
std::variant<View, Fault> parse(std::span<const std::byte> bytes) noexcept;

/// The call id at its fixed place, readable in every version so that a fault can be answered;
/// 0 if there are too few bytes.
std::uint64_t call_id_of(std::span<const std::byte> bytes) noexcept;

/// A frame at its exact size with everything but the payload written. It lies in the memory of the
/// blob that ends the payload, if there is one with room: then that part of the payload is there.
/// @throws std::length_error  a name is over 255 bytes, or the whole over 4 GiB.
Frame build(const Header& header, std::string_view object, std::string_view method,
            const detail::Extent& payload, std::span<const std::byte> annotations = {});
/// Has the payload of a frame written that build() made for the same extent. What is there already
/// is not in the memory that `encode` gets, see rmi::encode(). Throws what `encode` throws.
void write_payload(Frame& frame, const detail::Extent& payload,
                   detail::FunctionRef<void(std::span<std::byte>)> encode);

/// The payload part of a frame made by build() or accepted by parse().
std::span<std::byte> payload_of(Frame& frame) noexcept;

/// The kind of such a frame.
Kind kind_of(const Frame& frame) noexcept;

// Rewrites one field of a frame accepted by parse(), in place.
void set_kind(Frame& frame, Kind kind) noexcept;
void set_remaining(Frame& frame, std::uint32_t milliseconds) noexcept;
void set_call_id(Frame& frame, std::uint64_t call_id) noexcept;
void set_registration(Frame& frame, std::uint64_t registration) noexcept;
void set_session(Frame& frame, std::uint32_t session) noexcept;

}  // namespace rmi::wire
