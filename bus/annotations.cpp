// Reads and writes annotations: key length, value length, key, value, one after the other.
#include "bus/annotations.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>

#include <rmi/errors.hpp>

#include "bus/name_rules.hpp"

namespace rmi {
namespace {

constexpr std::size_t lengths_size = 5;  // u8 of the key, u32 of the value
constexpr std::size_t max_key = std::numeric_limits<std::uint8_t>::max();

struct Annotation {
  std::string_view key;
  std::span<const std::byte> value;
};

enum class Fault : std::uint8_t { none, cut_lengths, empty_key, cut_content };

/// Takes annotations off the front of a block, one at a time.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> block) noexcept : rest_(block), size_(block.size()) {}

  /// Nothing at the end and at a fault.
  std::optional<Annotation> next() noexcept {
    at_ = size_ - rest_.size();
    if (rest_.empty()) return std::nullopt;
    if (rest_.size() < lengths_size) return fail(Fault::cut_lengths);
    const auto key_size = std::to_integer<std::size_t>(rest_[0]);
    std::uint32_t value_size = 0;
    std::memcpy(&value_size, rest_.data() + 1, sizeof value_size);
    if (key_size == 0) return fail(Fault::empty_key);
    if (rest_.size() - lengths_size < key_size + value_size) return fail(Fault::cut_content);
    const auto* key = reinterpret_cast<const char*>(rest_.data() + lengths_size);
    const Annotation found{.key = {key, key_size},
                           .value = rest_.subspan(lengths_size + key_size, value_size)};
    rest_ = rest_.subspan(lengths_size + key_size + value_size);
    return found;
  }

  Fault fault() const noexcept { return fault_; }
  std::string text() const {
    switch (fault_) {
      case Fault::cut_lengths:
        return fmt::format(
            "the annotations end at offset {} within the lengths of the next; expected {} bytes of "
            "lengths, got {}",
            size_, lengths_size, size_ - at_);
      case Fault::empty_key:
        return fmt::format("the annotation at offset {} has an empty key; expected 1 to {} bytes",
                           at_, max_key);
      default:
        return fmt::format(
            "the annotation at offset {} is longer than the {} bytes that are left of the block",
            at_, size_ - at_);
    }
  }

 private:
  std::nullopt_t fail(Fault fault) noexcept {
    fault_ = fault;
    return std::nullopt;
  }

  std::span<const std::byte> rest_;
  std::size_t size_;
  std::size_t at_ = 0;
  Fault fault_ = Fault::none;
};

std::string twice(std::string_view key) {
  return fmt::format("the annotation {} comes twice; expected each key once", quoted(key));
}

}  // namespace

std::optional<std::string> annotations_fault(std::span<const std::byte> block) {
  std::set<std::string_view> keys;
  Reader reader(block);
  while (const auto annotation = reader.next())
    if (!keys.insert(annotation->key).second) return twice(annotation->key);
  if (reader.fault() != Fault::none) return reader.text();
  return std::nullopt;
}

std::optional<std::span<const std::byte>> find_annotation(std::span<const std::byte> block,
                                                          std::string_view key) noexcept {
  Reader reader(block);
  while (const auto annotation = reader.next())
    if (annotation->key == key) return annotation->value;
  return std::nullopt;
}

Annotations read_annotations(std::span<const std::byte> block) {
  Annotations all;
  Reader reader(block);
  while (const auto annotation = reader.next())
    if (!all.try_emplace(std::string(annotation->key), annotation->value.begin(),
                         annotation->value.end())
             .second)
      throw BadArguments(twice(annotation->key));
  if (reader.fault() != Fault::none) throw BadArguments(reader.text());
  return all;
}

std::size_t annotation_size(std::string_view key, std::span<const std::byte> value) noexcept {
  return lengths_size + key.size() + value.size();
}

std::size_t annotations_size(const Annotations& annotations) noexcept {
  std::size_t size = 0;
  for (const auto& [key, value] : annotations)
    size += annotation_size(key, value);
  return size;
}

std::span<std::byte> write_annotation(std::span<std::byte> to, std::string_view key,
                                      std::span<const std::byte> value) {
  if (key.empty() || key.size() > max_key)
    throw std::length_error(*name_fault(key, "annotation key"));
  if (value.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error(fmt::format("the annotation {} has {} bytes; expected at most 4 GiB",
                                        quoted(key), value.size()));
  const auto value_size = static_cast<std::uint32_t>(value.size());
  to[0] = static_cast<std::byte>(key.size());
  std::memcpy(to.data() + 1, &value_size, sizeof value_size);
  std::memcpy(to.data() + lengths_size, key.data(), key.size());
  if (!value.empty())
    std::memcpy(to.data() + lengths_size + key.size(), value.data(), value.size());
  return to.subspan(annotation_size(key, value));
}

void write_annotations(std::span<std::byte> to, const Annotations& annotations) {
  for (const auto& [key, value] : annotations)
    to = write_annotation(to, key, value);
}

}  // namespace rmi
