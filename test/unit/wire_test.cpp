// The wire header: every field survives, every malformed frame is named, no byte is read outside.
#include "bus/wire.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

using namespace rmi;
using wire::Fault;

namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

/// A call that uses every field; no two fields share a byte value.
Frame full_frame() {
  const wire::Header header{.kind = wire::Kind::call,
                            .flags = 0x8a01,
                            .remaining_ms = 0x14131211,
                            .signature = 0x24232221,
                            .call_id = 0x3837363534333231,
                            .registration = 0x4847464544434241,
                            .session = 0x54535251};
  const auto annotations = bytes_of("notes");
  Frame frame = wire::build(header, "server", "welcome_message", 7, annotations);
  const auto payload = bytes_of("payload");
  std::memcpy(wire::payload_of(frame).data(), payload.data(), payload.size());
  return frame;
}

/// What parse() says about `bytes`, put into memory of exactly their size so that a sanitizer sees
/// any read beyond them.
std::variant<wire::View, Fault> parse_exact(const Bytes& bytes) {
  return wire::parse(bytes);
}

bool faults(const Bytes& bytes, Fault fault) {
  const auto parsed = parse_exact(bytes);
  return std::holds_alternative<Fault>(parsed) && std::get<Fault>(parsed) == fault;
}

Bytes with(Bytes bytes, std::size_t at, std::initializer_list<int> values) {
  for (const int value : values)
    bytes.at(at++) = static_cast<std::byte>(value);
  return bytes;
}

/// Offsets at which two frames of one size differ.
std::vector<std::size_t> changed(const Bytes& before, const Bytes& after) {
  REQUIRE(before.size() == after.size());
  std::vector<std::size_t> offsets;
  for (std::size_t at = 0; at < before.size(); ++at)
    if (before[at] != after[at]) offsets.push_back(at);
  return offsets;
}

std::string complaint(std::string_view object, std::string_view method, std::size_t payload,
                      std::span<const std::byte> annotations = {}) {
  try {
    wire::build({}, object, method, payload, annotations);
  } catch (const std::length_error& error) {
    return error.what();
  }
  return "(no complaint)";
}

}  // namespace

TEST_CASE("every field of a frame survives the way through its bytes") {
  const Frame frame = full_frame();
  const auto parsed = wire::parse(frame.bytes());
  REQUIRE(std::holds_alternative<wire::View>(parsed));
  const auto& view = std::get<wire::View>(parsed);
  CHECK(view.header.kind == wire::Kind::call);
  CHECK(view.header.flags == 0x8a01);
  CHECK(view.header.remaining_ms == 0x14131211);
  CHECK(view.header.signature == 0x24232221);
  CHECK(view.header.call_id == 0x3837363534333231);
  CHECK(view.header.registration == 0x4847464544434241);
  CHECK(view.header.session == 0x54535251);
  CHECK(view.object == "server");
  CHECK(view.method == "welcome_message");
  CHECK(copy(view.annotations) == bytes_of("notes"));
  CHECK(copy(view.payload) == bytes_of("payload"));
}

TEST_CASE("fields are little endian at the documented offsets") {
  const Bytes header = with(Bytes(40), 0, {'R',  'M',  1,    3,    0x01, 0x8a, 6,    15,    //
                                           0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,  //
                                           0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,  //
                                           0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23, 0x24,  //
                                           5,    0,    0,    0,    0x51, 0x52, 0x53, 0x54});
  Bytes expected = header;
  const auto rest = bytes_of("serverwelcome_messagenotespayload");
  expected.insert(expected.end(), rest.begin(), rest.end());
  CHECK(copy(full_frame().bytes()) == expected);
}

TEST_CASE("each kind of frame survives") {
  for (const int kind : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13}) {
    const Frame frame = wire::build({.kind = static_cast<wire::Kind>(kind)}, "", "", 0);
    CHECK(frame.size() == wire::header_size);
    const auto parsed = wire::parse(frame.bytes());
    REQUIRE(std::holds_alternative<wire::View>(parsed));
    CHECK(static_cast<int>(std::get<wire::View>(parsed).header.kind) == kind);
  }
}

TEST_CASE("names of 255 bytes and every byte value are carried") {
  std::string name;
  for (int c = 1; c <= 255; ++c)
    name += static_cast<char>(c);
  const Frame frame = wire::build({}, name, std::string(255, 'm'), 0);
  const auto parsed = wire::parse(frame.bytes());
  REQUIRE(std::holds_alternative<wire::View>(parsed));
  CHECK(std::get<wire::View>(parsed).object == name);
  CHECK(std::get<wire::View>(parsed).method == std::string(255, 'm'));
}

TEST_CASE("a frame cut at any offset is named, or has a shorter payload") {
  const Bytes whole = copy(full_frame().bytes());
  const std::size_t payload_at = 40 + 6 + 15 + 5;
  REQUIRE(whole.size() == payload_at + 7);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    INFO("cut to " << size << " bytes");
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    if (size < 40) {
      CHECK(faults(cut, Fault::too_short));
    } else if (size < payload_at) {
      CHECK(faults(cut, Fault::bad_lengths));
    } else {
      const auto parsed = parse_exact(cut);
      REQUIRE(std::holds_alternative<wire::View>(parsed));
      CHECK(std::get<wire::View>(parsed).payload.size() == size - payload_at);
    }
  }
}

TEST_CASE("each fault is found") {
  const Bytes good = copy(full_frame().bytes());
  CHECK(faults({}, Fault::too_short));
  CHECK(faults(with(good, 0, {'r'}), Fault::bad_magic));
  CHECK(faults(with(good, 1, {'m'}), Fault::bad_magic));
  CHECK(faults(with(good, 2, {0}), Fault::unknown_version));
  CHECK(faults(with(good, 2, {2}), Fault::unknown_version));
  for (const int kind : {0, 15, 16, 17, 18, 255}) {
    INFO(kind);
    CHECK(faults(with(good, 3, {kind}), Fault::unknown_kind));
  }
  CHECK(faults(with(good, 6, {14}), Fault::bad_lengths));
  CHECK(faults(with(good, 7, {23}), Fault::bad_lengths));
  CHECK(faults(with(good, 32, {13}), Fault::bad_lengths));
  CHECK(faults(with(good, 32, {0xff, 0xff, 0xff, 0xff}), Fault::bad_lengths));
}

TEST_CASE("a frame of a later version is told so whatever else it holds") {
  Bytes later(40, std::byte{0xff});
  later = with(later, 0, {'R', 'M', 2});
  CHECK(faults(later, Fault::unknown_version));
}

TEST_CASE("each fault has its text") {
  CHECK(to_string(Fault::too_short) == "the frame is shorter than the 40 bytes of a header");
  CHECK(to_string(Fault::bad_magic) == "the frame does not begin with the magic bytes 'RM'");
  CHECK(to_string(Fault::unknown_version) == "unknown protocol version");
  CHECK(to_string(Fault::unknown_kind) == "unknown kind of frame");
  CHECK(to_string(Fault::bad_lengths) ==
        "the lengths in the header go beyond the end of the frame");
}

TEST_CASE("the call id of a frame that cannot be parsed is still readable") {
  const Bytes good = copy(full_frame().bytes());
  CHECK(wire::call_id_of(with(good, 2, {9, 200})) == 0x3837363534333231);
  CHECK(wire::call_id_of(Bytes(good.begin(), good.begin() + 16)) == 0x3837363534333231);
  CHECK(wire::call_id_of(Bytes(good.begin(), good.begin() + 15)) == 0);
  CHECK(wire::call_id_of({}) == 0);
}

TEST_CASE("rewriting a field touches only its bytes") {
  using Offsets = std::vector<std::size_t>;
  Frame frame = full_frame();
  Bytes before = copy(frame.bytes());
  const auto step = [&] {
    const Bytes after = copy(frame.bytes());
    const Offsets offsets = changed(before, after);
    before = after;
    return offsets;
  };
  wire::set_kind(frame, wire::Kind::cancel);
  CHECK(step() == Offsets{3});
  wire::set_call_id(frame, ~std::uint64_t{0});
  CHECK(step() == Offsets{8, 9, 10, 11, 12, 13, 14, 15});
  wire::set_registration(frame, ~std::uint64_t{0});
  CHECK(step() == Offsets{16, 17, 18, 19, 20, 21, 22, 23});
  wire::set_remaining(frame, ~std::uint32_t{0});
  CHECK(step() == Offsets{24, 25, 26, 27});
  wire::set_session(frame, ~std::uint32_t{0});
  CHECK(step() == Offsets{36, 37, 38, 39});

  const auto parsed = wire::parse(frame.bytes());
  REQUIRE(std::holds_alternative<wire::View>(parsed));
  const auto& header = std::get<wire::View>(parsed).header;
  CHECK(header.kind == wire::Kind::cancel);
  CHECK(header.call_id == ~std::uint64_t{0});
  CHECK(header.registration == ~std::uint64_t{0});
  CHECK(header.remaining_ms == ~std::uint32_t{0});
  CHECK(header.session == ~std::uint32_t{0});
  CHECK(header.signature == 0x24232221);
}

TEST_CASE("the payload part is what the names and annotations leave") {
  Frame frame = wire::build({}, "o", "m", 3, bytes_of("annotations"));
  CHECK(wire::payload_of(frame).size() == 3);
  CHECK(wire::payload_of(frame).data() == frame.bytes().data() + 40 + 1 + 1 + 11);
  Frame empty = wire::build({}, "o", "m", 0);
  CHECK(wire::payload_of(empty).empty());
}

TEST_CASE("a name that does not fit is refused by its text") {
  const std::string longest(255, 'n');
  const std::string over(256, 'n');
  CHECK(complaint(longest, longest, 0) == "(no complaint)");
  const std::string text =
      "the name '" + std::string(80, 'n') + "...' has 256 bytes; expected 1 to 255";
  CHECK(complaint(over, "m", 0) == text);
  CHECK(complaint("o", over, 0) == text);
}

TEST_CASE("a frame that does not fit into 4 GiB is refused before any memory is taken") {
  const std::size_t max = 0xffffffff;
  CHECK(complaint("o", "m", max - 41) ==
        "a message of 4294967254 bytes is over the 4 GiB that one frame can hold");
  CHECK(complaint("", "", ~std::size_t{0}) ==
        "a message of 18446744073709551615 bytes is over the 4 GiB that one frame can hold");
  // Never read, because the length is judged first.
  const std::byte nothing{};
  CHECK(complaint("", "", 0, {&nothing, max - 39}) ==
        "annotations of 4294967256 bytes are over the 4 GiB that one frame can hold");
  CHECK(complaint("", "", 0, {&nothing, max * 4}) ==
        "annotations of 17179869180 bytes are over the 4 GiB that one frame can hold");
}
