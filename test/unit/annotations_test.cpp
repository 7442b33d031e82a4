// Annotations: what is written is read again, what is malformed is refused and never read beyond.
#include "bus/annotations.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include <rmi/errors.hpp>

using namespace rmi;

namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

Bytes block_of(const Annotations& annotations) {
  Bytes block(annotations_size(annotations));
  write_annotations(block, annotations);
  return block;
}

/// One annotation whose lengths may lie.
Bytes raw(std::uint8_t key_size, std::uint32_t value_size, std::string_view content) {
  Bytes block{std::byte{key_size}};
  for (unsigned shift = 0; shift < 32; shift += 8)
    block.push_back(static_cast<std::byte>(value_size >> shift & 0xffU));
  const auto rest = bytes_of(content);
  block.insert(block.end(), rest.begin(), rest.end());
  return block;
}

std::string fault_of(const Bytes& block) {
  const auto fault = annotations_fault(block);
  try {
    read_annotations(block);
    CHECK_FALSE(fault);
  } catch (const BadArguments& error) {
    CHECK(fault == std::string(error.what()));
  }
  return fault.value_or("(none)");
}

}  // namespace

TEST_CASE("annotations survive the way through their bytes") {
  const Annotations all{{"rmi.id", bytes_of("id-17")},
                        {std::string("a\0b", 3), {}},
                        {std::string(255, 'k'), Bytes(1000, std::byte{7})}};
  const Bytes block = block_of(all);
  CHECK(read_annotations(block) == all);
  CHECK(fault_of(block) == "(none)");
  for (const auto& [key, value] : all) {
    const auto found = find_annotation(block, key);
    REQUIRE(found);
    CHECK(Bytes(found->begin(), found->end()) == value);
  }
  CHECK_FALSE(find_annotation(block, "rmi.i"));
  CHECK_FALSE(find_annotation(block, ""));
}

TEST_CASE("an annotation is its lengths, its key and its value") {
  CHECK(block_of({{"ab", bytes_of("xyz")}}) == raw(2, 3, "abxyz"));
  CHECK(annotation_size("ab", bytes_of("xyz")) == 10);
}

TEST_CASE("no annotations are no bytes") {
  CHECK(block_of({}).empty());
  CHECK(read_annotations({}).empty());
  CHECK(fault_of({}) == "(none)");
  CHECK_FALSE(find_annotation({}, "a"));
}

TEST_CASE("each malformed block is refused with its text") {
  CHECK(fault_of({std::byte{1}, std::byte{0}}) ==
        "the annotations end at offset 2 within the lengths of the next; expected 5 bytes of "
        "lengths, got 2");
  CHECK(fault_of(raw(0, 1, "x")) ==
        "the annotation at offset 0 has an empty key; expected 1 to 255 bytes");
  CHECK(fault_of(raw(2, 3, "abxy")) ==
        "the annotation at offset 0 is longer than the 9 bytes that are left of the block");
  CHECK(fault_of(raw(1, 0xffffffff, "a")) ==
        "the annotation at offset 0 is longer than the 6 bytes that are left of the block");
  Bytes twice = raw(1, 1, "ax");
  const Bytes again = twice;
  twice.insert(twice.end(), again.begin(), again.end());
  CHECK(fault_of(twice) == "the annotation 'a' comes twice; expected each key once");
}

TEST_CASE("a block cut anywhere is refused, or ends between two annotations") {
  const Bytes whole = block_of({{"ab", bytes_of("xyz")}, {"c", {}}});
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    INFO("cut to " << size);
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const bool between = size == 0 || size == 10 || size == whole.size();
    CHECK((fault_of(cut) == "(none)") == between);
    CHECK(find_annotation(cut, "ab").has_value() == (size >= 10));
    CHECK(find_annotation(cut, "c").has_value() == (size == whole.size()));
  }
}

TEST_CASE("a key that does not fit is refused before anything is written") {
  Bytes room(600);
  CHECK_THROWS_AS(write_annotation(room, "", {}), std::length_error);
  CHECK_THROWS_AS(write_annotation(room, std::string(256, 'k'), {}), std::length_error);
  CHECK(room == Bytes(600));
}
