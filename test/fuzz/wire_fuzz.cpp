// Any bytes: parse() names a fault or takes the frame apart so that build() makes the same again.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "bus/bundle.hpp"
#include "bus/wire.hpp"

using namespace rmi;

namespace {

void require(bool holds) {
  // Not abort(): the replay tells which saved input it was; a fuzzer reports either.
  if (!holds) throw std::logic_error("what was read does not match the bytes");
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

Frame rebuild(const wire::View& view) {
  Frame frame =
      wire::build(view.header, view.object, view.method, view.payload.size(), view.annotations);
  if (!view.payload.empty())
    std::memcpy(wire::payload_of(frame).data(), view.payload.data(), view.payload.size());
  return frame;
}

/// The broker's way with a call: rewrites the fields in place, and what was read stays as it was.
void rewrite(std::span<const std::byte> bytes, const wire::View& before) {
  Frame frame = Frame::copy_of(bytes);
  wire::set_call_id(frame, ~before.header.call_id);
  wire::set_registration(frame, ~before.header.registration);
  wire::set_remaining(frame, ~before.header.remaining_ms);
  wire::set_session(frame, ~before.header.session);
  const auto parsed = wire::parse(frame.bytes());
  require(std::holds_alternative<wire::View>(parsed));
  const auto& after = std::get<wire::View>(parsed);
  require(after.header.call_id == ~before.header.call_id);
  require(after.header.registration == ~before.header.registration);
  require(after.header.remaining_ms == ~before.header.remaining_ms);
  require(after.header.session == ~before.header.session);
  require(after.header.signature == before.header.signature);
  require(after.object == before.object && after.method == before.method);
  require(same(after.annotations, before.annotations) && same(after.payload, before.payload));
}

/// Whoever takes a bundle apart packs the same again.
void take_apart(std::span<const std::byte> bytes, const wire::View& view) {
  if (view.header.kind != wire::Kind::bundle || frames_in_bundle(view.payload) == 0) return;
  std::vector<std::byte> again(bytes.begin(), bytes.end() - std::ssize(view.payload));
  Frame frame = Frame::copy_of(bytes);
  const auto payload = std::get<wire::View>(wire::parse(std::as_const(frame).bytes())).payload;
  for_each_in(std::move(frame), payload, [&](Frame part) {
    const auto length = static_cast<std::uint32_t>(part.size());
    const auto* first = reinterpret_cast<const std::byte*>(&length);
    again.insert(again.end(), first, first + sizeof length);
    again.insert(again.end(), part.bytes().begin(), part.bytes().end());
  });
  require(same(again, bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto parsed = wire::parse(bytes);
  if (const auto* fault = std::get_if<wire::Fault>(&parsed)) {
    require(!to_string(*fault).empty());
    require(size >= 16 || wire::call_id_of(bytes) == 0);
    return 0;
  }
  const auto& view = std::get<wire::View>(parsed);
  require(wire::call_id_of(bytes) == view.header.call_id);
  require(same(rebuild(view).bytes(), bytes));
  rewrite(bytes, view);
  take_apart(bytes, view);
  return 0;
}
