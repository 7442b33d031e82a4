// Archives write the bytes of cereal and read back what they wrote.
#include <catch2/catch.hpp>
#include <cereal/archives/binary.hpp>
#include <sstream>

#include "archive_corpus.hpp"

using corpus::bytes_of;

namespace {

using Bytes = std::vector<std::byte>;

template <class... T>
Bytes bytes_of_cereal(const T&... values) {
  std::ostringstream stream;
  cereal::BinaryOutputArchive archive(stream);
  archive(values...);
  const std::string text = stream.str();
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

/// cereal takes the address of the first element of an empty one, which UBSan does not forgive.
template <class T>
Bytes bytes_of_cereal(const std::valarray<T>& value) {
  if (value.size() == 0) return Bytes(8);
  return bytes_of_cereal<std::valarray<T>>(value);
}

template <class... T>
std::string error_of(std::span<const std::byte> bytes, T&... values) {
  try {
    rmi::decode(bytes, {}, values...);
  } catch (const rmi::DecodeError& error) {
    return error.what();
  }
  return "";
}

/// A value of the corpus without its type, so that few tests need code for every type.
struct Case {
  const char* name;
  Bytes bytes;
  Bytes cereal;
  /// Decodes as the type of the value and encodes again. @throws rmi::DecodeError
  Bytes (*again)(std::span<const std::byte> bytes);
  bool comes_back;  ///< the decoded value equals the first, where the type can be compared
};

template <class T>
Bytes again(std::span<const std::byte> bytes) {
  T value{};
  rmi::decode(bytes, {}, value);
  return bytes_of(value);
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> made;
    corpus::visit_all([&made]<class T>(const char* name, const T& value) {
      static_assert(rmi::encodable<T> && rmi::decodable<T>);
      made.push_back({name, bytes_of(value), bytes_of_cereal(value), &again<T>, true});
      // What owns its parts by pointer has no useful equality.
      if constexpr (std::is_copy_constructible_v<T> && std::equality_comparable<T>) {
        T back{};
        rmi::decode(made.back().bytes, {}, back);
        made.back().comes_back = back == value;
      }
    });
    return made;
  }();
  return all;
}

std::string error_of(const Case& one, std::span<const std::byte> bytes) {
  try {
    one.again(bytes);
  } catch (const rmi::DecodeError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the bytes are those of cereal's binary archive") {
  for (const Case& one : cases()) {
    INFO(one.name);
    CHECK(one.bytes == one.cereal);
  }
  const auto first = std::make_tuple(1, std::string("two"), corpus::Versioned{});
  CHECK(bytes_of(first, corpus::Versioned{}) == bytes_of_cereal(first, corpus::Versioned{}));
}

TEST_CASE("every value comes back as it was") {
  for (const Case& one : cases()) {
    INFO(one.name);
    CHECK(one.comes_back);
    // Hashed containers may come back in another order.
    CHECK(one.again(one.bytes).size() == one.bytes.size());
    if (std::string_view(one.name).substr(0, 9) != "unordered") {
      CHECK(one.again(one.bytes) == one.bytes);
    }
  }
}

TEST_CASE("a value replaces what was in the variable before") {
  std::map<std::string, int> map{{"old", 1}};
  std::string text = "something longer than what comes";
  auto pointer = std::make_unique<int>(1);
  rmi::decode(
      bytes_of(std::map<std::string, int>{{"new", 2}}, std::string("x"), std::unique_ptr<int>()),
      {}, map, text, pointer);
  CHECK(map == std::map<std::string, int>{{"new", 2}});
  CHECK(text == "x");
  CHECK(pointer == nullptr);
}

TEST_CASE("a value cut short anywhere is refused") {
  for (const Case& one : cases()) {
    INFO(one.name);
    for (std::size_t size = 0; size < one.bytes.size(); ++size) {
      INFO("cut to " << size << " of " << one.bytes.size() << " bytes");
      CHECK(error_of(one, std::span(one.bytes).first(size)) != "");
    }
  }
  CHECK(corpus::Sealed::alive == 0);
}

TEST_CASE("a byte too many after any value is refused") {
  for (const Case& one : cases()) {
    INFO(one.name);
    Bytes bytes = one.bytes;
    bytes.push_back(std::byte{0});
    CHECK(error_of(one, bytes) ==
          "1 byte too many: the last value ended at offset " + std::to_string(one.bytes.size()));
  }
}

TEST_CASE("any changed byte is refused or gives a value that is no longer than what came") {
  for (const Case& one : cases()) {
    INFO(one.name);
    for (std::size_t at = 0; at < one.bytes.size(); ++at) {
      for (const unsigned mask : {0x01U, 0x02U, 0x80U, 0xffU}) {
        Bytes bytes = one.bytes;
        bytes[at] ^= std::byte(mask);
        std::size_t size = 0;
        try {
          size = one.again(bytes).size();
        } catch (const rmi::DecodeError&) {
        }
        CHECK(size <= bytes.size());
      }
    }
  }
  CHECK(corpus::Sealed::alive == 0);
}

TEST_CASE("the output archive refuses memory of the wrong size") {
  std::array<std::byte, 8> memory{};
  CHECK_THROWS_WITH(rmi::encode(std::span<std::byte>(memory).first(3), std::uint32_t{1}),
                    "encode: 4 bytes to write at offset 0, room for 3 is left: give "
                    "encoded_size() bytes");
  CHECK_THROWS_WITH(rmi::encode(memory, std::uint32_t{1}),
                    "encode: 8 bytes given, the values take 4: give encoded_size() bytes");
  CHECK_THROWS_AS(rmi::encode(memory, std::string("123456789")), std::length_error);
}

TEST_CASE("the archives can be used one value at a time") {
  std::array<std::byte, 16> memory{};
  rmi::OutputArchive out(memory);
  out(std::uint16_t{7}, true);
  CHECK(out.written() == 3);
  rmi::InputArchive in(std::span<std::byte>(memory).first(out.written()));
  std::uint16_t number = 0;
  bool flag = false;
  in(number);
  CHECK(number == 7);
  CHECK(in.remaining() == 1);
  CHECK_THROWS_WITH(in.finish(), "1 byte too many: the last value ended at offset 2");
  in(flag);
  CHECK(flag);
  in.finish();
}

namespace {

/// Makes a message need the archives of cereal, and takes no bytes.
struct Nothing {};

template <class T>
void same_with_cereal(const T& value, std::byte odd = std::byte{2}) {
  static_assert(rmi::detail::plain<T> && !rmi::detail::plain<Nothing>);
  const Bytes bytes = bytes_of(value);
  CHECK(bytes == bytes_of(value, Nothing{}));
  for (std::size_t changed = 0; changed <= bytes.size(); ++changed) {
    Bytes damaged = bytes;
    if (changed < bytes.size())
      damaged[changed] = odd;
    else
      damaged.push_back(odd);
    for (std::size_t length = 0; length <= damaged.size(); ++length) {
      const Bytes cut(damaged.begin(), damaged.begin() + static_cast<std::ptrdiff_t>(length));
      T plain{};
      T other{};
      Nothing nothing;
      CHECK(error_of(cut, plain) == error_of(cut, other, nothing));
      CHECK(bytes_of(plain) == bytes_of(other));
    }
  }
}

}  // namespace

TEST_CASE("plain values are written, read and refused as those that cereal sees to") {
  same_with_cereal(true);
  same_with_cereal('x', std::byte{'y'});
  same_with_cereal(std::int64_t{-7});
  same_with_cereal(0.5);
  same_with_cereal(std::string("a text that is longer than fifteen"));
  same_with_cereal(std::string());
  same_with_cereal(std::vector<std::byte>(3));
  same_with_cereal(std::vector<char>{'a', 'b'});
  same_with_cereal(std::vector<std::int32_t>{1, 2, 3}, std::byte{0xff});
  same_with_cereal(std::vector<double>{0.5, 2.0});
}

TEST_CASE("a truncated value says what was wanted where") {
  double value = 0;
  std::uint32_t first = 0;
  std::vector<std::byte> bytes(7);
  CHECK(error_of(bytes, first, value) == "truncated: 8 bytes wanted at offset 4, 3 are left");
}
