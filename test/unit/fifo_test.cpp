// A queue in one piece of memory.
#include "bus/fifo.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <set>
#include <utility>

using namespace rmi;

namespace {

using Item = std::unique_ptr<int>;

int take(Fifo<Item>& fifo) {
  const Item item = std::move(fifo.front());
  fifo.pop_front();
  return *item;
}

}  // namespace

TEST_CASE("what goes into a queue first comes out first, however full it is between") {
  Fifo<Item> fifo;
  std::deque<int> expected;
  int next = 0;
  for (const std::size_t wanted : {1U, 7U, 3U, 100U, 40U, 5000U, 4999U, 20U, 0U}) {
    while (fifo.size() < wanted) {
      fifo.push_back(std::make_unique<int>(++next));
      expected.push_back(next);
    }
    while (fifo.size() > wanted) {
      REQUIRE(take(fifo) == expected.front());
      expected.pop_front();
    }
    CHECK(fifo.size() == expected.size());
    CHECK(fifo.empty() == expected.empty());
  }
}

TEST_CASE("what goes through a queue stays in the memory that it has") {
  const std::size_t waiting = GENERATE(0U, 1U, 5U);
  Fifo<Item> fifo;
  for (std::size_t i = 0; i < waiting; ++i)
    fifo.push_back(std::make_unique<int>(0));
  std::set<const Item*> places;
  for (int i = 0; i < 10000; ++i) {
    fifo.push_back(std::make_unique<int>(0));
    places.insert(&fifo.front());
    take(fifo);
  }
  CHECK(places.size() <= 32);  // and what it had before it had grown
}

TEST_CASE("an emptied queue holds nothing") {
  const auto watched = std::make_shared<int>(1);
  Fifo<std::shared_ptr<int>> fifo;
  for (int i = 0; i < 10; ++i)
    fifo.push_back(std::shared_ptr<int>(watched));
  CHECK(watched.use_count() == 11);
  fifo.clear();
  CHECK(fifo.empty());
  CHECK(watched.use_count() == 1);
}
