// Memory of what lives for one call: a thread keeps what it frees, for the next one.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace rmi::detail {

/// @throws std::bad_alloc
void* take_block(std::size_t size);
/// @param size  with which it was taken, by whatever thread.
void give_block(void* block, std::size_t size) noexcept;

/// An allocator of such memory.
template <class T>
struct Recycling {
  using value_type = T;

  Recycling() noexcept = default;
  template <class U>
  explicit(false) Recycling(const Recycling<U>& /*of another type*/) noexcept {}

  T* allocate(std::size_t count) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    return static_cast<T*>(take_block(count * sizeof(T)));
  }
  void deallocate(T* block, std::size_t count) noexcept { give_block(block, count * sizeof(T)); }

  bool operator==(const Recycling&) const noexcept = default;
};

/// As std::make_shared.
template <class T, class... A>
std::shared_ptr<T> make_recycled(A&&... arguments) {
  return std::allocate_shared<T>(Recycling<T>(), std::forward<A>(arguments)...);
}

}  // namespace rmi::detail
