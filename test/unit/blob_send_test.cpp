// Blobs in messages: sent from the memory in which they lie, received and sent on.
#include <rmi/blob.hpp>

#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bus/frame_owner.hpp"
#include "bus/wire.hpp"

using namespace rmi;

namespace {

constexpr std::size_t large = 100'000;

std::vector<std::byte> some_bytes(std::size_t size, unsigned step = 7) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i != size; ++i)
    bytes[i] = static_cast<std::byte>(i * step);
  return bytes;
}

Blob built(const std::vector<std::byte>& bytes) {
  BlobBuilder builder(bytes.size());
  std::ranges::copy(bytes, builder.bytes().begin());
  return std::move(builder).build();
}

/// A message as a call is made into one.
template <class... T>
Frame message_to(std::string_view object, const T&... values) {
  const detail::Extent extent = detail::extent_of(values...);
  Frame frame = wire::build({.signature = 5, .call_id = 7}, object, "method", extent);
  wire::write_payload(frame, extent, [&](std::span<std::byte> into) { encode(into, values...); });
  return frame;
}
template <class... T>
Frame message(const T&... values) {
  return message_to("object", values...);
}

/// Whether nothing was copied: the blob at the end of the message is the blob itself.
bool made_of(const Frame& frame, const Blob& blob) {
  return frame.bytes().data() + frame.size() == blob.end();
}

bool same(const Frame& a, const Frame& b) {
  return std::ranges::equal(a.bytes(), b.bytes());
}

template <class... T>
void receive(Frame& frame, T&... values) {
  FrameOwner owner(frame);
  decode_from(std::get<wire::View>(wire::parse(std::as_const(frame).bytes())).payload, {}, &owner,
              values...);
}

struct Picture {
  std::string name;
  Blob pixels;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(pixels));
  }
};

/// Its blob is made when it is saved, each time anew.
struct Rendered {
  std::vector<std::byte> bytes;
  template <class Archive>
  void save(Archive& ar) const {
    ar(Blob(std::span<const std::byte>(bytes)));
  }
};

}  // namespace

TEST_CASE("a builder's bytes are zero, belong to one builder, and become a blob as they are") {
  BlobBuilder builder(large);
  CHECK(std::ranges::all_of(builder.bytes(), [](std::byte b) { return b == std::byte{}; }));
  builder.bytes()[5] = std::byte{6};
  const std::byte* const address = builder.bytes().data();
  BlobBuilder other = std::move(builder);
  CHECK(builder.bytes().empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  const Blob blob = std::move(other).build();
  CHECK(other.bytes().empty());  // NOLINT(bugprone-use-after-move)
  CHECK(blob.data() == address);
  CHECK(blob.size() == large);
  CHECK(blob.bytes()[5] == std::byte{6});
  CHECK(BlobBuilder(0).bytes().empty());
  CHECK(std::move(BlobBuilder(0)).build().empty());
  CHECK_THROWS_AS(BlobBuilder(~std::size_t{0}), std::bad_alloc);
}

TEST_CASE("a message that ends with a blob is made of the blob's memory, if there is room") {
  const auto bytes = some_bytes(large);
  const Frame expected = message(1, std::string("two"), bytes);
  const auto check = [&](const Blob& blob, bool in_place) {
    const Frame frame = message(1, std::string("two"), blob);
    CHECK(same(frame, expected));
    CHECK(made_of(frame, blob) == in_place);
    CHECK(blob == Blob(bytes));
  };
  check(built(bytes), true);
  check(Blob(std::span<const std::byte>(bytes)), true);
  check(Blob(std::vector(bytes)), false);
  const auto owner = std::make_shared<std::vector<std::byte>>(bytes);
  check(Blob(std::span<const std::byte>(*owner), owner), false);
  Blob assigned;
  assigned = built(bytes);
  check(assigned, true);
}

TEST_CASE("the message keeps the memory of the blob") {
  const auto bytes = some_bytes(large);
  std::optional<Blob> blob = built(bytes);
  const Frame frame = message(*blob);
  REQUIRE(made_of(frame, *blob));
  blob.reset();
  CHECK(same(frame, message(bytes)));
}

TEST_CASE("one message at a time is made of a blob's memory, others are copies") {
  const auto bytes = some_bytes(large);
  const Blob blob = built(bytes);
  std::optional<Frame> first = message(1, blob);
  CHECK(made_of(*first, blob));
  const Frame second = message(std::string("another beginning"), blob);
  CHECK_FALSE(made_of(second, blob));
  CHECK(same(*first, message(1, bytes)));
  CHECK(same(second, message(std::string("another beginning"), bytes)));
  const Frame shared = first->share();
  first.reset();
  CHECK_FALSE(made_of(message(2, blob), blob));  // a part of the first is still there
  first = Frame();
  CHECK(same(shared, message(1, bytes)));
}

TEST_CASE("when a message is gone the next one is made of the memory again") {
  const Blob blob = built(some_bytes(large));
  for (int i = 0; i < 3; ++i) {
    const Frame frame = message(i, blob);
    CHECK(made_of(frame, blob));
    CHECK(same(frame, message(i, some_bytes(large))));
  }
}

TEST_CASE("only the blob at the very end is sent from where it lies, however deep it is") {
  const Blob blob = built(some_bytes(large));
  CHECK_FALSE(made_of(message(blob, 1), blob));
  CHECK(same(message(blob, 1), message(some_bytes(large), 1)));
  CHECK(made_of(message(Picture{"map", blob}), blob));
  CHECK(made_of(message(std::optional(blob)), blob));
  CHECK(made_of(message(std::vector<Blob>{Blob(some_bytes(100)), blob}), blob));
  CHECK_FALSE(made_of(message(std::vector<Blob>{blob, Blob()}), blob));
  CHECK(same(message(blob, blob), message(some_bytes(large), some_bytes(large))));
}

TEST_CASE("slices that begin where the blob does share its room, others have none") {
  const auto bytes = some_bytes(large);
  const Blob blob = built(bytes);
  const Blob head = blob.slice(0, 50'000);
  const Frame frame = message(head);
  CHECK(made_of(frame, head));
  CHECK_FALSE(made_of(message(blob), blob));
  const Blob rest = blob.slice(1);
  CHECK_FALSE(made_of(message(rest), rest));
  CHECK(blob == Blob(bytes));
}

TEST_CASE("small blobs, and those with too little room, are copied") {
  const Blob small = built(some_bytes(in_place_from - 1));
  CHECK_FALSE(made_of(message(small), small));
  const Blob blob = built(some_bytes(in_place_from));
  CHECK(made_of(message(blob), blob));
  const std::string before(2000, 'x');
  CHECK_FALSE(made_of(message(before, blob), blob));
  CHECK(same(message(before, blob), message(before, some_bytes(in_place_from))));
}

TEST_CASE("a blob that a save function makes each time anew is copied, and is right") {
  const auto bytes = some_bytes(large);
  CHECK(same(message(1, Rendered{bytes}), message(1, bytes)));
}

TEST_CASE("a blob that was received is sent on from where it arrived, if names leave room") {
  const auto bytes = some_bytes(large);
  Frame arrived = message_to("an object of a long name", 1, bytes);
  int number = 0;
  Blob blob;
  receive(arrived, number, blob);
  CHECK_FALSE(made_of(message_to("an object of a longer name", 1, blob), blob));
  {
    const Frame passed = message_to("a short name", 2, blob);
    CHECK(made_of(passed, blob));
    CHECK(same(passed, message_to("a short name", 2, bytes)));
    arrived = Frame();
    CHECK_FALSE(made_of(message_to("a short name", 3, blob), blob));
  }
  CHECK(made_of(message_to("a short name", 3, blob), blob));
  CHECK(blob == Blob(bytes));
}

TEST_CASE("what is sent on does not overwrite another blob of the same message") {
  const auto left_bytes = some_bytes(large, 3);
  const auto right_bytes = some_bytes(large, 5);
  Frame arrived = message(left_bytes, std::string(500, '-'), right_bytes);
  Blob left;
  Blob right;
  std::string between;
  receive(arrived, left, between, right);
  const Frame of_right = message(right);  // what lies between the two is free
  CHECK(made_of(of_right, right));
  const Frame of_left = message(left);
  CHECK(made_of(of_left, left));
  CHECK(same(of_left, message(left_bytes)));
  CHECK(same(of_right, message(right_bytes)));
  CHECK(left == Blob(left_bytes));
  CHECK(right == Blob(right_bytes));

  Frame close = message(left_bytes, right_bytes);
  receive(close, left, right);
  CHECK_FALSE(made_of(message(right), right));
  CHECK(left == Blob(left_bytes));
}

TEST_CASE("messages do not lie in one another without end") {
  const auto bytes = some_bytes(large);
  Blob blob = built(bytes);
  int copies = 0;
  for (int i = 0; i < 100; ++i) {
    Frame frame = message(blob);
    copies += made_of(frame, blob) ? 0 : 1;
    receive(frame, blob);
    CHECK(same(frame, message(bytes)));
  }
  CHECK(copies > 5);
  CHECK(copies < 50);
}

TEST_CASE("a message that somebody else has, too, is never overwritten") {
  Frame arrived = message(1, some_bytes(large));
  const Frame copy = Frame::copy_of(std::as_const(arrived).bytes());
  const Frame other = arrived.share();
  int number = 0;
  Blob blob;
  receive(arrived, number, blob);
  CHECK_FALSE(made_of(message(blob), blob));
  CHECK(same(other, copy));
}
