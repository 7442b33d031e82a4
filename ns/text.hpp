// Texts that many things share: counted, never changed, eight bytes to hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace rmi::ns {

/// A broker with many names holds each of their texts several times: as a key, in the entry, and as
/// the daemon's own name of the object.
/// Thread safety: one thread at a time, for all that share a text.
class Text {
 public:
  Text() noexcept = default;
  explicit Text(std::string_view text);
  Text(const Text& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) ++block_->users;
  }
  Text(Text&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Text& operator=(Text other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Text() {
    if (block_ != nullptr && --block_->users == 0) release();
  }

  std::string_view view() const noexcept;
  // NOLINTNEXTLINE(google-explicit-constructor): it is read wherever a text is.
  operator std::string_view() const noexcept { return view(); }
  std::string str() const { return std::string(view()); }
  bool empty() const noexcept { return block_ == nullptr; }
  /// How many share it; 0 if it is empty.
  std::size_t users() const noexcept { return block_ == nullptr ? 0 : block_->users; }

  friend bool operator==(const Text& a, std::string_view b) noexcept { return a.view() == b; }
  friend bool operator==(const Text& a, const Text& b) noexcept {
    return a.block_ == b.block_ || a.view() == b.view();
  }
  friend auto operator<=>(const Text& a, std::string_view b) noexcept { return a.view() <=> b; }
  friend auto operator<=>(const Text& a, const Text& b) noexcept { return a.view() <=> b.view(); }

 private:
  struct Block {  // the bytes follow it
    std::uint32_t users;
    std::uint32_t size;
  };
  void release() noexcept;

  Block* block_ = nullptr;
};

/// Finds texts by their content, so that equal ones are held once: for those of which there are
/// few, and each is held often. Thread safety: as Text.
class TextPool {
 public:
  Text of(std::string_view text);
  std::size_t size() const noexcept { return texts_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_set<Text, Hash, std::equal_to<>> texts_;
  std::size_t sweep_at_ = 64;  ///< those that nobody else holds go when there are so many
};

}  // namespace rmi::ns

template <>
struct fmt::formatter<rmi::ns::Text> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const rmi::ns::Text& text, Context& context) const {
    return fmt::formatter<std::string_view>::format(text.view(), context);
  }
};
