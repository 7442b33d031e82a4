// Texts that are shared, and how registrations are kept by name and by session.
#include "ns/text.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ns/held_entries.hpp"
#include "ns/name_group.hpp"

using namespace rmi::ns;

namespace {

RegistrationPtr numbered(std::uint64_t number) {
  auto made = std::make_shared<Registration>();
  made->number = number;
  return made;
}

std::vector<std::uint64_t> numbers(const HeldEntries& entries) {
  std::vector<std::uint64_t> found;
  entries.visit([&](const RegistrationPtr& entry) { found.push_back(entry->number); });
  return found;
}

}  // namespace

TEST_CASE("a text is shared by its copies, and goes with the last of them") {
  const std::string long_one(1000, 'x');
  Text first(long_one);
  CHECK(first == long_one);
  CHECK(first.users() == 1);
  {
    const Text second = first;
    Text third = second;
    CHECK(first.users() == 3);
    CHECK(second.view().data() == first.view().data());
    const Text moved = std::move(third);
    CHECK(first.users() == 3);
    Text other("other");
    other = moved;
    other = *&other;  // to itself
    CHECK(other == first);
    CHECK(first.users() == 4);
  }
  CHECK(first.users() == 1);
  CHECK(first.str() == long_one);
}

TEST_CASE("an empty text takes no memory, and texts compare by what they say") {
  const Text none;
  CHECK(none.empty());
  CHECK(none.view().empty());
  CHECK(none.users() == 0);
  CHECK(Text("") == none);
  CHECK(Text("a") == Text("a"));
  CHECK(Text("a") < Text("b"));
  CHECK(Text("a") < "ab");
  CHECK_FALSE(Text("a") == "b");
  CHECK(Text(std::string_view("a\0b", 3)) == std::string_view("a\0b", 3));
  CHECK(fmt::format("{:>3}|{}", Text("a"), none) == "  a|");
}

TEST_CASE("a pool has each text once, and forgets those that nobody else holds") {
  TextPool pool;
  const Text kept = pool.of("kept");
  CHECK(pool.of("kept").view().data() == kept.view().data());
  CHECK(pool.of("").empty());
  for (int i = 0; i < 1000; ++i)
    pool.of("passing " + std::to_string(i));
  CHECK(pool.size() <= 65);
  CHECK(pool.of("kept").view().data() == kept.view().data());
  std::vector<Text> held;
  for (int i = 0; i < 1000; ++i)
    held.push_back(pool.of("held " + std::to_string(i)));
  CHECK(pool.size() >= 1001);
  for (int i = 0; i < 1000; ++i)
    CHECK(held[static_cast<std::size_t>(i)] == "held " + std::to_string(i));
}

TEST_CASE("a group is one registration, or several in turn, and one again") {
  NameGroup group;
  CHECK(group.entries().empty());
  const auto a = numbered(1);
  const auto b = numbered(2);
  const auto c = numbered(3);
  group.add(a);
  CHECK(group.pick() == a);
  CHECK(group.pick() == a);
  group.add(b);
  group.add(c);
  REQUIRE(group.entries().size() == 3);
  CHECK(group.entries()[1] == b);
  CHECK(group.pick() == a);
  CHECK(group.pick() == b);
  CHECK(group.pick() == c);
  CHECK(group.pick() == a);
  b->in_flight = c->in_flight = 1;
  CHECK(group.pick() == a);
  CHECK_FALSE(group.remove(b));
  CHECK_FALSE(group.remove(a));
  REQUIRE(group.entries().size() == 1);
  CHECK(group.pick() == c);
  group.add(a);
  CHECK(group.entries()[1] == a);
  CHECK_FALSE(group.remove(a));
  CHECK(group.remove(c));
  CHECK(group.entries().empty());
}

TEST_CASE("the entries of a session are found by number, whatever went before") {
  HeldEntries entries;
  CHECK(entries.last() == nullptr);
  for (std::uint64_t number = 10; number < 110; ++number)
    entries.add(numbered(number));
  CHECK(entries.size() == 100);
  CHECK(entries.find(9) == nullptr);
  CHECK(entries.find(110) == nullptr);
  for (std::uint64_t number = 10; number < 110; ++number)
    if (number % 7 != 0) entries.erase(number);
  entries.erase(11);  // gone already
  entries.erase(500);
  CHECK(entries.size() == 14);
  CHECK(entries.find(11) == nullptr);
  CHECK(entries.find(14)->number == 14);
  CHECK(entries.last()->number == 105);
  entries.add(numbered(200));
  CHECK(numbers(entries) ==
        std::vector<std::uint64_t>{14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84, 91, 98, 105, 200});
  for (const auto number : numbers(entries))
    entries.erase(number);
  CHECK(entries.empty());
  CHECK(entries.last() == nullptr);
}
