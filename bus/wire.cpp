// Reads and writes the wire v1 header.
#include "bus/wire.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "bus/name_rules.hpp"

namespace rmi::wire {
namespace {

static_assert(std::endian::native == std::endian::little,
              "rmibus writes host order and needs a little-endian machine");

// Offsets of the fixed part.
enum At : std::size_t {
  at_magic = 0,
  at_version = 2,
  at_kind = 3,
  at_flags = 4,
  at_object_length = 6,
  at_method_length = 7,
  at_call_id = 8,
  at_registration = 16,
  at_remaining = 24,
  at_signature = 28,
  at_annotations_length = 32,
  at_session = 36,
};

template <class T>
T get(const std::byte* bytes, std::size_t at) noexcept {
  T value;
  std::memcpy(&value, bytes + at, sizeof value);
  return value;
}

template <class T>
void put(std::byte* bytes, std::size_t at, T value) noexcept {
  std::memcpy(bytes + at, &value, sizeof value);
}

std::byte* append(std::byte* to, const void* from, std::size_t size) noexcept {
  if (size != 0) std::memcpy(to, from, size);
  return to + size;
}

bool known(std::uint8_t kind) noexcept {
  return kind >= static_cast<std::uint8_t>(Kind::hello) &&
         kind <= static_cast<std::uint8_t>(Kind::bundle);
}

std::size_t payload_offset(const std::byte* bytes) noexcept {
  return header_size + get<std::uint8_t>(bytes, at_object_length) +
         get<std::uint8_t>(bytes, at_method_length) +
         get<std::uint32_t>(bytes, at_annotations_length);
}

Header read_header(const std::byte* bytes) noexcept {
  return {.kind = static_cast<Kind>(get<std::uint8_t>(bytes, at_kind)),
          .flags = get<std::uint16_t>(bytes, at_flags),
          .remaining_ms = get<std::uint32_t>(bytes, at_remaining),
          .signature = get<std::uint32_t>(bytes, at_signature),
          .call_id = get<std::uint64_t>(bytes, at_call_id),
          .registration = get<std::uint64_t>(bytes, at_registration),
          .session = get<std::uint32_t>(bytes, at_session)};
}

}  // namespace

std::string_view to_string(Fault fault) noexcept {
  static constexpr std::array<std::string_view, 5> texts{
      "the frame is shorter than the 40 bytes of a header",
      "the frame does not begin with the magic bytes 'RM'", "unknown protocol version",
      "unknown kind of frame", "the lengths in the header go beyond the end of the frame"};
  return texts[static_cast<std::size_t>(fault)];
}

std::variant<View, Fault> parse(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < header_size) return Fault::too_short;
  const std::byte* data = bytes.data();
  if (get<std::uint16_t>(data, at_magic) != magic) return Fault::bad_magic;
  if (get<std::uint8_t>(data, at_version) != version) return Fault::unknown_version;
  if (!known(get<std::uint8_t>(data, at_kind))) return Fault::unknown_kind;
  const std::size_t object = get<std::uint8_t>(data, at_object_length);
  const std::size_t method = get<std::uint8_t>(data, at_method_length);
  const std::size_t annotations = get<std::uint32_t>(data, at_annotations_length);
  const std::size_t payload = payload_offset(data);
  if (payload > bytes.size()) return Fault::bad_lengths;
  const auto* text = reinterpret_cast<const char*>(data + header_size);
  return View{.header = read_header(data),
              .object = {text, object},
              .method = {text + object, method},
              .annotations = bytes.subspan(header_size + object + method, annotations),
              .payload = bytes.subspan(payload)};
}

std::uint64_t call_id_of(std::span<const std::byte> bytes) noexcept {
  return bytes.size() < at_call_id + sizeof(std::uint64_t)
             ? 0
             : get<std::uint64_t>(bytes.data(), at_call_id);
}

Frame build(const Header& header, std::string_view object, std::string_view method,
            const detail::Extent& payload, std::span<const std::byte> annotations) {
  constexpr std::size_t max_length = std::numeric_limits<std::uint8_t>::max();
  if (object.size() > max_length || method.size() > max_length)
    throw std::length_error(*name_fault(object.size() > max_length ? object : method));
  constexpr std::size_t max_frame = std::numeric_limits<std::uint32_t>::max();
  const std::size_t names = object.size() + method.size();
  if (annotations.size() > max_frame - header_size - names)
    throw std::length_error("annotations of " + std::to_string(annotations.size()) +
                            " bytes are over the 4 GiB that one frame can hold");
  const std::size_t before = header_size + names + annotations.size();
  if (payload.size > max_frame - before)
    throw std::length_error("a message of " + std::to_string(payload.size) +
                            " bytes is over the 4 GiB that one frame can hold");
  auto in_place = Frame::around(payload.tail, before + payload.size - payload.tail.bytes.size());
  Frame frame = in_place ? std::move(*in_place) : Frame(before + payload.size);
  std::byte* data = frame.bytes().data();
  put(data, at_magic, magic);
  put(data, at_version, version);
  put(data, at_kind, static_cast<std::uint8_t>(header.kind));
  put(data, at_flags, header.flags);
  put(data, at_object_length, static_cast<std::uint8_t>(object.size()));
  put(data, at_method_length, static_cast<std::uint8_t>(method.size()));
  put(data, at_call_id, header.call_id);
  put(data, at_registration, header.registration);
  put(data, at_remaining, header.remaining_ms);
  put(data, at_signature, header.signature);
  put(data, at_annotations_length, static_cast<std::uint32_t>(annotations.size()));
  put(data, at_session, header.session);
  std::byte* rest = append(data + header_size, object.data(), object.size());
  rest = append(rest, method.data(), method.size());
  append(rest, annotations.data(), annotations.size());
  return frame;
}

std::span<std::byte> payload_of(Frame& frame) noexcept {
  const auto bytes = frame.bytes();
  return bytes.subspan(payload_offset(bytes.data()));
}

void write_payload(Frame& frame, const detail::Extent& payload,
                   detail::FunctionRef<void(std::span<std::byte>)> encode) {
  const auto into = payload_of(frame);
  const auto there = payload.tail.bytes;
  const bool in_place = !there.empty() && into.data() + into.size() == there.data() + there.size();
  if (!in_place) return encode(into);
  try {
    return encode(into.first(into.size() - there.size()));
  } catch (const std::length_error&) {
    // The blob is another one each time that the values are written: one that a save function
    // makes. It is copied, then, into a frame of its own.
  }
  Frame own(frame.size());
  const auto begin = std::as_const(frame).bytes().first(frame.size() - into.size());
  std::ranges::copy(begin, own.bytes().begin());
  encode(payload_of(own));
  frame = std::move(own);
}

Kind kind_of(const Frame& frame) noexcept {
  return static_cast<Kind>(get<std::uint8_t>(frame.bytes().data(), at_kind));
}

void set_kind(Frame& frame, Kind kind) noexcept {
  put(frame.bytes().data(), at_kind, static_cast<std::uint8_t>(kind));
}
void set_remaining(Frame& frame, std::uint32_t milliseconds) noexcept {
  put(frame.bytes().data(), at_remaining, milliseconds);
}
void set_call_id(Frame& frame, std::uint64_t call_id) noexcept {
  put(frame.bytes().data(), at_call_id, call_id);
}
void set_registration(Frame& frame, std::uint64_t registration) noexcept {
  put(frame.bytes().data(), at_registration, registration);
}
void set_session(Frame& frame, std::uint32_t session) noexcept {
  put(frame.bytes().data(), at_session, session);
}

}  // namespace rmi::wire
