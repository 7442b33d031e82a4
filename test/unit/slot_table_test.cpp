// Ids of pending calls: what finds its value, and what never does again.
#include "bus/slot_table.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

using rmi::SlotTable;

namespace {
std::uint64_t generation(std::uint64_t id) {
  return id >> 32U;
}
std::uint64_t slot(std::uint64_t id) {
  return id & 0xffffffffU;
}

struct Counted {
  static inline int alive = 0;
  Counted() { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() { --alive; }
};
}  // namespace

TEST_CASE("a value is found by its id until it is taken") {
  SlotTable<std::string> table;
  const auto one = table.insert("one");
  const auto two = table.insert("two");
  CHECK(table.size() == 2);
  REQUIRE(table.find(one) != nullptr);
  CHECK(*table.find(one) == "one");
  CHECK(*table.find(two) == "two");
  CHECK(table.take(one) == "one");
  CHECK(table.find(one) == nullptr);
  CHECK(*table.find(two) == "two");
  CHECK(table.size() == 1);
}

TEST_CASE("values stay where they are while the table grows") {
  SlotTable<int> table;
  const auto first = table.insert(1);
  const int* const where = table.find(first);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 1000; ++i)
    ids.push_back(table.insert(i));
  CHECK(table.find(first) == where);
  for (int i = 0; i < 1000; ++i)
    CHECK(*table.find(ids[static_cast<std::size_t>(i)]) == i);
  CHECK(table.any([](int value) { return value == 999; }));
  int sum = 0;
  table.for_each([&](std::uint64_t, int value) { sum += value; });
  CHECK(sum == 1 + 999 * 1000 / 2);
}

TEST_CASE("a place leads to a value and its id, also in a slot that was used before") {
  SlotTable<int> table(7);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 200; ++i)
    ids.push_back(table.insert(i));
  for (std::size_t i = 0; i < ids.size(); i += 3) {
    table.take(ids[i]);
    ids[i] = table.insert(static_cast<int>(i));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto place = SlotTable<int>::place_of(ids[i]);
    REQUIRE(place != 0);
    CHECK(table.at(place) == static_cast<int>(i));
    CHECK(table.id_at(place) == ids[i]);
  }
  CHECK(SlotTable<int>::place_of(0) == 0);
  CHECK(table.id_at(0) == 0);
}

TEST_CASE("an id that was answered finds nothing, also after its slot is used again") {
  SlotTable<int> table;
  const auto old = table.insert(1);
  CHECK(table.take(old) == 1);
  CHECK(table.take(old) == std::nullopt);
  const auto fresh = table.insert(2);
  CHECK(slot(fresh) == slot(old));
  CHECK(fresh != old);
  CHECK(table.find(old) == nullptr);
  CHECK(table.take(old) == std::nullopt);
  CHECK(table.size() == 1);
  CHECK(*table.find(fresh) == 2);
}

TEST_CASE("ids that were never given find nothing") {
  SlotTable<int> table;
  CHECK(table.find(0) == nullptr);
  const auto id = table.insert(1);
  CHECK(table.find(0) == nullptr);
  CHECK(table.find(id + 1) == nullptr);
  CHECK(table.find(id + (std::uint64_t{1} << 32U)) == nullptr);
  CHECK(table.find(~std::uint64_t{0}) == nullptr);
  CHECK(table.take(~std::uint64_t{0}) == std::nullopt);
  CHECK(table.size() == 1);
}

TEST_CASE("an id is generation and index, and never 0") {
  SlotTable<int> table;
  const auto first = table.insert(1);
  const auto second = table.insert(2);
  CHECK(first == (std::uint64_t{1} << 32U));
  CHECK(second == ((std::uint64_t{1} << 32U) | 1U));
  CHECK(SlotTable<int>(0).insert(1) != 0);
}

TEST_CASE("new slots begin with the generation the table was given") {
  SlotTable<int> table(0xabcd1234);
  CHECK(generation(table.insert(1)) == 0xabcd1234);
  CHECK(generation(table.insert(2)) == 0xabcd1234);
}

TEST_CASE("the generation wraps round without passing 0") {
  SlotTable<int> table(0xffffffff);
  const auto last = table.insert(1);
  CHECK(generation(last) == 0xffffffff);
  CHECK(table.take(last) == 1);
  const auto wrapped = table.insert(2);
  CHECK(slot(wrapped) == 0);
  CHECK(generation(wrapped) == 1);
  CHECK(table.find(last) == nullptr);
}

TEST_CASE("the slot freed last is used first") {
  SlotTable<int> table;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(table.insert(i));
  table.take(ids[1]);
  table.take(ids[3]);
  table.take(ids[0]);
  CHECK(slot(table.insert(10)) == 0);
  CHECK(slot(table.insert(11)) == 3);
  CHECK(slot(table.insert(12)) == 1);
  CHECK(slot(table.insert(13)) == 4);
}

TEST_CASE("slots are reused, so a steady load needs no more of them") {
  SlotTable<int> table;
  std::set<std::uint64_t> slots;
  std::set<std::uint64_t> ids;
  std::vector<std::uint64_t> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(table.insert(i));
    slots.insert(slot(held.back()));
    ids.insert(held.back());
    if (held.size() == 8) {
      for (const auto id : held)
        table.take(id);
      held.clear();
    }
  }
  CHECK(slots.size() == 8);
  CHECK(ids.size() == 1000);
}

TEST_CASE("for_each sees every value with its id, and may take values out") {
  SlotTable<int> table;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(table.insert(i));
  table.take(ids[2]);
  std::vector<int> seen;
  table.for_each([&](std::uint64_t id, int& value) {
    seen.push_back(value);
    CHECK(*table.find(id) == value);
    if (value % 2 == 1) table.take(id);
  });
  CHECK(seen == std::vector<int>{0, 1, 3, 4});
  CHECK(table.size() == 2);
  CHECK(table.find(ids[1]) == nullptr);
  CHECK(*table.find(ids[4]) == 4);
}

TEST_CASE("for_each can change values in place") {
  SlotTable<int> table;
  const auto id = table.insert(1);
  table.for_each([](std::uint64_t, int& value) { value = 7; });
  CHECK(*table.find(id) == 7);
}

TEST_CASE("clear destroys the values and makes their ids stale") {
  {
    SlotTable<Counted> table;
    const auto taken = table.insert(Counted());
    const auto held = table.insert(Counted());
    table.take(taken);
    CHECK(Counted::alive == 1);
    table.clear();
    CHECK(Counted::alive == 0);
    CHECK(table.empty());
    CHECK(table.find(held) == nullptr);
    const auto fresh = table.insert(Counted());
    CHECK(fresh != held);
    CHECK(fresh != taken);
    CHECK(table.insert(Counted()) != fresh);
    CHECK(table.size() == 2);
  }
  CHECK(Counted::alive == 0);
}

TEST_CASE("a slot table carries values that only move") {
  SlotTable<std::unique_ptr<int>> table;
  const auto id = table.insert(std::make_unique<int>(3));
  for (int i = 0; i < 100; ++i)
    table.insert(std::make_unique<int>(i));
  auto value = table.take(id);
  REQUIRE(value);
  CHECK(**value == 3);
}
