// Calls that wait for an answer, found again by an id that can never mean a later call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rmi {

/// A dense table whose ids are `generation << 32 | index`. Taking a value out raises the generation
/// of its slot, so an id that was answered once is stale for good (until 2^32 reuses of one slot).
/// Slots are reused last in, first out: the hot ones stay in the cache, and memory is allocated
/// only while more values are held at once than ever before. They lie in blocks that do not move: a
/// table that grows copies nothing, and takes no more than it has slots for.
///
/// Thread safety: one thread at a time.
template <class T>
class SlotTable {
 public:
  /// @param first_generation  generation of slots when new. A broker takes it from its epoch, so
  ///                          that a reply to its predecessor finds nothing. 0 counts as 1.
  explicit SlotTable(std::uint32_t first_generation = 1) noexcept
      : first_generation_(first_generation == 0 ? 1 : first_generation) {}

  /// @return the id, never 0: a generation is never 0.
  /// @throws std::bad_alloc; std::length_error with 2^32 - 1 values. The table is unchanged then.
  std::uint64_t insert(T value) {
    if (free_ == none) add_slot();
    const std::uint32_t index = free_;
    Slot& slot = slot_at(index);
    slot.value.emplace(std::move(value));
    free_ = slot.next_free;
    ++size_;
    return id_of(slot, index);
  }

  /// @return the value, or nullptr if the id is stale or was never given. Valid until take() of it,
  /// or clear().
  T* find(std::uint64_t id) noexcept {
    Slot* slot = live(id);
    return slot == nullptr ? nullptr : &*slot->value;
  }
  const T* find(std::uint64_t id) const noexcept { return const_cast<SlotTable*>(this)->find(id); }

  /// Moves the value out and makes its id stale; nothing if it is stale already.
  std::optional<T> take(std::uint64_t id) {
    Slot* slot = live(id);
    if (slot == nullptr) return std::nullopt;
    std::optional<T> value(std::move(slot->value));
    release(*slot, index_of(id));
    return value;
  }

  /// Where a value lies, for those that refer to each other, in half the room of its id. Means
  /// something only as long as the value is there; 0 is no place.
  using Place = std::uint32_t;
  static Place place_of(std::uint64_t id) noexcept { return id == 0 ? 0 : index_of(id) + 1; }
  /// Precondition: there is a value, or the place is 0. @return its id; 0.
  std::uint64_t id_at(Place place) const noexcept {
    return place == 0 ? 0 : id_of(slot_at(place - 1), place - 1);
  }
  /// Precondition: there is a value.
  T& at(Place place) noexcept { return *slot_at(place - 1).value; }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Calls `fn(id, T&)` for each value, in the order of slots. `fn` may take() any value, but not
  /// insert().
  template <class Fn>
  void for_each(Fn&& fn) {
    for (std::uint32_t at = 0; at < slots_; ++at)
      if (Slot& slot = slot_at(at); slot.value) fn(id_of(slot, at), *slot.value);
  }

  template <class Fn>
  void for_each(Fn&& fn) const {
    const_cast<SlotTable*>(this)->for_each(
        [&](std::uint64_t id, T& value) { fn(id, std::as_const(value)); });
  }

  /// Whether that holds for a value. Ends with the first.
  template <class Predicate>
  bool any(Predicate&& holds) const {
    for (std::uint32_t at = 0; at < slots_; ++at)
      if (const Slot& slot = slot_at(at); slot.value && holds(*slot.value)) return true;
    return false;
  }

  /// Drops all values; their ids become stale. Keeps the memory.
  void clear() noexcept {
    for (std::uint32_t at = slots_; at-- > 0;)
      if (Slot& slot = slot_at(at); slot.value) release(slot, at);
  }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t block_size = 64;

  struct Slot {
    std::optional<T> value;
    std::uint32_t generation = 0;
    std::uint32_t next_free = none;
  };

  static std::uint32_t index_of(std::uint64_t id) noexcept {
    return static_cast<std::uint32_t>(id & 0xffffffffU);
  }
  static std::uint64_t id_of(const Slot& slot, std::uint32_t index) noexcept {
    return std::uint64_t{slot.generation} << 32U | index;
  }

  Slot& slot_at(std::uint32_t index) const noexcept {
    return blocks_[index / block_size][index % block_size];
  }

  void add_slot() {
    if (slots_ == none) throw std::length_error("a slot table holds at most 2^32 - 1 values");
    if (slots_ % block_size == 0) blocks_.push_back(std::make_unique<Slot[]>(block_size));
    slot_at(slots_).generation = first_generation_;
    free_ = slots_++;
  }

  Slot* live(std::uint64_t id) noexcept {
    const std::uint32_t index = index_of(id);
    if (index >= slots_) return nullptr;
    Slot& slot = slot_at(index);
    return slot.value && slot.generation == id >> 32U ? &slot : nullptr;
  }

  void release(Slot& slot, std::uint32_t index) noexcept {
    slot.value.reset();
    if (++slot.generation == 0) slot.generation = 1;  // id 0 means "no call" on the wire
    slot.next_free = free_;
    free_ = index;
    --size_;
  }

  std::vector<std::unique_ptr<Slot[]>> blocks_;
  std::uint32_t slots_ = 0;
  std::uint32_t first_generation_;
  std::uint32_t free_ = none;
  std::size_t size_ = 0;
};

}  // namespace rmi
