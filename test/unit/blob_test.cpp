// Blobs: bytes like any others on the wire, shared where they arrive.
#include <rmi/blob.hpp>

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <string>
#include <vector>

using namespace rmi;

namespace {

std::vector<std::byte> some_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i != size; ++i)
    bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

template <class... T>
std::vector<std::byte> encoded(const T&... values) {
  std::vector<std::byte> bytes(encoded_size(values...));
  encode(bytes, values...);
  return bytes;
}

/// A message that counts who keeps it.
class Message final : public ByteOwner {
 public:
  explicit Message(std::vector<std::byte> bytes)
      : bytes_(std::make_shared<const std::vector<std::byte>>(std::move(bytes))) {}
  Shared share(std::span<const std::byte>) override { return {bytes_}; }
  std::span<const std::byte> bytes() const { return *bytes_; }
  long users() const { return bytes_.use_count() - 1; }
  bool holds(const Blob& blob) const {
    return blob.data() >= bytes_->data() && blob.end() <= bytes_->data() + bytes_->size();
  }

 private:
  std::shared_ptr<const std::vector<std::byte>> bytes_;
};

}  // namespace

TEST_CASE("a blob is made of a vector, a string, a copy, or a buffer with an owner") {
  auto bytes = some_bytes(100);
  const std::byte* const address = bytes.data();
  const Blob copied(std::span<const std::byte>{bytes});
  CHECK(copied.data() != address);
  const Blob moved(std::move(bytes));
  CHECK(moved.data() == address);
  CHECK(moved == copied);
  CHECK(Blob(std::string("abc")).size() == 3);
  CHECK(Blob(std::vector<std::uint8_t>{1, 2}).bytes()[1] == std::byte{2});
  CHECK(Blob().empty());
  CHECK(Blob() == Blob(std::string()));
  const auto owner = std::make_shared<std::string>("some text");
  {
    const Blob pointing(std::as_bytes(std::span(*owner)), owner);
    CHECK(owner.use_count() == 2);
    CHECK(static_cast<const void*>(pointing.data()) == owner->data());
  }
  CHECK(owner.use_count() == 1);
}

TEST_CASE("copies and slices share the bytes") {
  const Blob blob(some_bytes(10));
  const Blob copy = blob;  // NOLINT: the copy is what is tested
  CHECK(copy.data() == blob.data());
  CHECK(blob.slice(2, 3).data() == blob.data() + 2);
  CHECK(blob.slice(2, 3).size() == 3);
  CHECK(blob.slice(8).size() == 2);
  CHECK(blob.slice(8, 100).size() == 2);
  CHECK(blob.slice(11).empty());
  CHECK_FALSE(blob == blob.slice(1));
}

TEST_CASE("on the wire a blob is what a vector of bytes is, inside of anything") {
  for (const std::size_t size : {0U, 1U, 1000U, 5000U}) {
    const auto bytes = some_bytes(size);
    CHECK(encoded(Blob(bytes)) == encoded(bytes));
    Blob blob;
    decode(encoded(bytes), {}, blob);
    CHECK(blob == Blob(bytes));
    std::vector<std::uint8_t> back;
    decode(encoded(blob), {}, back);
    CHECK(Blob(back) == blob);
  }
  const std::map<std::string, std::vector<std::byte>> plain{{"a", some_bytes(3)}, {"b", {}}};
  const std::map<std::string, Blob> blobs{{"a", Blob(some_bytes(3))}, {"b", Blob()}};
  CHECK(encoded(plain, 1) == encoded(blobs, 1));
  std::map<std::string, Blob> arrived;
  int one = 0;
  decode(encoded(plain, 1), {}, arrived, one);
  CHECK(arrived == blobs);
  TypeTable types;
  CHECK(detail::reflect<Blob>(types) == detail::reflect<std::vector<std::byte>>(types));
}

TEST_CASE("a large blob shares the message that it came in, a small one does not") {
  Message message(encoded(Blob(some_bytes(5000)), Blob(some_bytes(10)), Blob(some_bytes(2000))));
  Blob large;
  Blob small;
  Blob last;
  decode_from(message.bytes(), {}, &message, large, small, last);
  CHECK(large == Blob(some_bytes(5000)));
  CHECK(message.holds(large));
  CHECK_FALSE(message.holds(small));
  CHECK(message.holds(last));
  CHECK(message.users() == 2);
  large = Blob();
  last = small;
  CHECK(message.users() == 0);
  decode_from(message.bytes(), {}, nullptr, large, small, last);
  CHECK_FALSE(message.holds(large));
  CHECK(large == Blob(some_bytes(5000)));
}

TEST_CASE("sizes that lie are refused before anything is taken") {
  for (const std::uint64_t size :
       {std::uint64_t{5001}, std::uint64_t{1} << 40U, ~std::uint64_t{0}}) {
    auto bytes = encoded(Blob(some_bytes(5000)));
    std::memcpy(bytes.data(), &size, sizeof(size));
    Message message(bytes);
    Blob blob;
    CHECK_THROWS_AS(decode_from(message.bytes(), {}, &message, blob), DecodeError);
    CHECK(message.users() == 0);
  }
  Blob blob;
  const auto bytes = encoded(Blob(some_bytes(8)));
  CHECK_THROWS_AS(decode(std::span(bytes).first(7), {}, blob), DecodeError);
  CHECK_THROWS_AS(decode(std::span(bytes).first(15), {}, blob), DecodeError);
  std::vector<Blob> many;
  const auto list = encoded(std::uint64_t{1} << 20U, std::uint64_t{0});  // each takes 8 bytes
  CHECK_THROWS_AS(decode(list, {}, many), DecodeError);
}
