// A queue that takes no memory in the steady state.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace rmi {

/// First in, first out, in one piece of memory that stays. A std::deque takes a piece, and gives
/// one back, for every few elements that go through it.
/// Thread safety: one thread at a time.
template <class T>
class Fifo {
 public:
  bool empty() const noexcept { return first_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - first_; }
  T& front() noexcept { return items_[first_]; }
  const T& front() const noexcept { return items_[first_]; }

  void push_back(T&& item) {
    if (items_.size() == items_.capacity() && first_ > items_.size() / 2) close_up();
    items_.push_back(std::move(item));
  }
  /// Precondition: what front() held has been moved out of it.
  void pop_front() noexcept {
    if (++first_ == items_.size()) clear();
  }
  void clear() noexcept {
    items_.clear();
    first_ = 0;
    if (items_.capacity() > most_kept) std::vector<T>().swap(items_);
  }

 private:
  /// A burst does not keep its memory for ever.
  static constexpr std::size_t most_kept = 4096;

  /// Most of the memory is of elements that have gone.
  void close_up() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  std::vector<T> items_;
  std::size_t first_ = 0;  ///< those before it have gone
};

}  // namespace rmi
