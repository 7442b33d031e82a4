// One block of memory for each text.
#include "ns/text.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

namespace rmi::ns {

Text::Text(std::string_view text) {
  if (text.empty()) return;
  if (text.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("a text of the name server is at most 4 GiB long");
  void* memory = ::operator new(sizeof(Block) + text.size());
  block_ = new (memory) Block{.users = 1, .size = static_cast<std::uint32_t>(text.size())};
  std::memcpy(block_ + 1, text.data(), text.size());
}

std::string_view Text::view() const noexcept {
  if (block_ == nullptr) return {};
  return {reinterpret_cast<const char*>(block_ + 1), block_->size};
}

void Text::release() noexcept {
  ::operator delete(block_);
}

Text TextPool::of(std::string_view text) {
  if (const auto known = texts_.find(text); known != texts_.end()) return *known;
  if (texts_.size() >= sweep_at_) {
    std::erase_if(texts_, [](const Text& held) { return held.users() == 1; });
    sweep_at_ = std::max<std::size_t>(64, 2 * texts_.size());
  }
  Text made(text);
  if (!made.empty()) texts_.insert(made);
  return made;
}

}  // namespace rmi::ns
