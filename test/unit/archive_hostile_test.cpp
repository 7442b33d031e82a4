// What hostile bytes cost an archive: an error, and little memory.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <climits>
#include <cstdlib>
#include <new>

#include "archive_corpus.hpp"

namespace {
std::atomic<std::size_t> largest_request = 0;  // of operator new, in bytes
}  // namespace

// Not inlined: the compiler would see half of a pair and warn of it.
[[gnu::noinline]] void* operator new(std::size_t size) {
  largest_request = std::max(largest_request.load(), size);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

using Bytes = std::vector<std::byte>;
using Catch::Contains;
using corpus::bytes_of;

constexpr std::uint64_t two_to(unsigned power) {
  return std::uint64_t{1} << power;
}

template <class... T>
std::string error_of(const Bytes& bytes, const rmi::DecodeLimits& limits, T&... values) {
  largest_request = 0;
  try {
    rmi::decode(bytes, limits, values...);
  } catch (const rmi::DecodeError& error) {
    return error.what();
  }
  return "";
}

template <class T>
std::string error_as(const Bytes& bytes, const rmi::DecodeLimits& limits = {}) {
  T value{};
  return error_of(bytes, limits, value);
}

Bytes zeros_after(std::uint64_t count, std::size_t zeros) {
  Bytes bytes = bytes_of(count);
  bytes.resize(bytes.size() + zeros);
  return bytes;
}

/// More elements than 32 zero bytes can hold must be refused before any memory is asked for.
template <class Container, std::size_t Wire>
void check_counts(const char* name) {
  INFO(name);
  for (const std::uint64_t count :
       {~std::uint64_t{0}, two_to(63), two_to(61) + 1, two_to(32), two_to(24) + 1,
        std::uint64_t{33}, std::uint64_t{32 / Wire + 1}}) {
    INFO("count " << count);
    const std::string error = error_as<Container>(zeros_after(count, 32));
    CHECK(error == "the count before offset 8 is " + std::to_string(count) +
                       ", but 32 bytes are left and one element takes at least " +
                       std::to_string(Wire));
    CHECK(largest_request < 700);  // the texts, and what an empty deque takes
  }
}

struct Throws {
  int what = 0;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(what);
    if (what == 1) throw std::runtime_error("no good");
    if (what == 2) throw 2;
    if (what == 3) throw std::bad_alloc();
  }
};

struct RawBools {
  bool flags[2] = {};
  template <class Archive>
  void serialize(Archive& ar) {
    ar(cereal::binary_data(&flags[0], 2));
  }
};

struct SmallOnWire {
  std::optional<std::array<char, 4096>> value;
  template <class Archive>
  void serialize(Archive& ar) {
    ar(value);
  }
};

}  // namespace

TEST_CASE("a count that the bytes cannot hold is refused before memory is taken: sequences") {
  check_counts<std::string, 1>("string");
  check_counts<std::u32string, 4>("u32string");
  check_counts<std::vector<double>, 8>("vector of doubles");
  check_counts<std::vector<std::byte>, 1>("vector of bytes");
  check_counts<std::vector<bool>, 1>("vector of bool");
  check_counts<std::vector<std::string>, 8>("vector of strings");
  check_counts<std::vector<corpus::Colour>, 2>("vector of enums");
  check_counts<std::vector<std::optional<int>>, 1>("vector of optionals");
  check_counts<std::vector<std::tuple<int, char>>, 5>("vector of tuples");
  check_counts<std::vector<corpus::Point>, 1>("vector of structs");
  check_counts<std::list<int>, 4>("list");
  check_counts<std::forward_list<int>, 4>("forward_list");
  check_counts<std::deque<std::array<int, 2>>, 8>("deque");
  check_counts<std::valarray<double>, 8>("valarray");
  check_counts<std::valarray<std::string>, 8>("valarray of strings");
}

TEST_CASE("a count that the bytes cannot hold is refused before memory is taken: associations") {
  check_counts<std::set<int>, 4>("set");
  check_counts<std::multiset<std::variant<int, char>>, 4>("multiset");
  check_counts<std::unordered_set<std::string>, 8>("unordered_set");
  check_counts<std::unordered_multiset<char>, 1>("unordered_multiset");
  check_counts<std::map<int, std::string>, 12>("map");
  check_counts<std::multimap<int, std::unique_ptr<int>>, 5>("multimap");
  check_counts<std::unordered_map<int, corpus::Point>, 4>("unordered_map");
  check_counts<std::unordered_multimap<std::string, double>, 16>("unordered_multimap");
}

TEST_CASE("elements that take no bytes are limited by their number and by their memory") {
  using Nothings = std::vector<corpus::Empty>;
  CHECK(error_as<Nothings>(zeros_after(1000, 0)) == "");
  CHECK(error_as<std::vector<std::tuple<>>>(zeros_after(1000, 0)) == "");
  CHECK(error_as<Nothings>(zeros_after(two_to(24) + 1, 0)) ==
        "the count before offset 8 is 16777217, over the limit of 16777216 for elements that take "
        "no bytes (max_count)");
  CHECK_THAT(error_as<Nothings>(zeros_after(two_to(24), 0)), Contains("memory_base"));
  CHECK(error_as<Nothings>(zeros_after(11, 0), {.max_count = 10}) != "");
  CHECK(error_as<std::set<std::monostate>>(zeros_after(two_to(63), 0)) != "");
}

TEST_CASE("a length field of the user's own is checked with checked_count") {
  CHECK(error_as<corpus::Bag>(bytes_of(std::uint32_t{0xffffffff})) ==
        "the count before offset 4 is 4294967295, but 0 bytes are left and one element takes at "
        "least 1");
  CHECK(largest_request < 700);
}

TEST_CASE("nesting deeper than max_depth is refused, at it is not") {
  const std::string error = "nested deeper than 64 levels at offset 64 (max_depth)";
  CHECK(error_as<corpus::Chain>(Bytes(1U << 20U, std::byte{1})) == error);
  CHECK(error_as<std::unique_ptr<corpus::Chain>>(bytes_of(corpus::chain(64))) == "");
  CHECK_THAT(error_as<std::unique_ptr<corpus::Chain>>(bytes_of(corpus::chain(65))),
             Contains("nested deeper than 64 levels"));
  CHECK(error_as<corpus::Chain>(bytes_of(*corpus::chain(3)), {.max_depth = 3}) == "");
  CHECK(error_as<corpus::Chain>(bytes_of(*corpus::chain(3)), {.max_depth = 2}) != "");

  corpus::Tree tree;
  for (int i = 0; i < 70; ++i)
    tree = corpus::Tree{"", {std::move(tree)}};
  CHECK_THAT(error_as<corpus::Tree>(bytes_of(tree)), Contains("nested deeper than 64 levels"));
  tree = std::move(tree.children[0].children[0].children[0].children[0].children[0].children[0]);
  tree = corpus::Tree(std::move(tree.children[0]));
  CHECK(error_as<corpus::Tree>(bytes_of(tree)) == "");
  CHECK(error_as<std::vector<corpus::Tree>>(bytes_of(std::vector<corpus::Tree>(100))) == "");
}

TEST_CASE("memory that a small message claims is limited") {
  using Large = std::optional<std::array<char, 4096>>;
  Bytes nulls = zeros_after(1000, 1000);
  std::fill(nulls.begin() + 8, nulls.end(), std::byte{1});
  CHECK(error_as<std::vector<Large>>(nulls) ==
        "1000 elements of 4097 bytes of memory at offset 8 are over what this message may take: "
        "1064704 of 1064704 bytes are left (memory_factor, memory_base, memory_max)");
  CHECK(largest_request < 700);
  CHECK(error_as<std::vector<Large>>(nulls, {.memory_factor = 5000}) == "");
  CHECK(error_as<std::vector<Large>>(nulls, {.memory_base = 5U << 20U}) == "");
  CHECK(error_as<std::vector<Large>>(nulls, {.memory_factor = SIZE_MAX}) == "");
  CHECK(error_as<std::vector<Large>>(nulls, {.memory_factor = SIZE_MAX, .memory_max = 4096}) != "");

  SECTION("all values of a message together") {
    std::vector<std::vector<Large>> many(300, std::vector<Large>(1));
    CHECK_THAT(error_as<std::vector<std::vector<Large>>>(bytes_of(many)), Contains("memory_base"));
    many.resize(200);
    CHECK(error_as<std::vector<std::vector<Large>>>(bytes_of(many)) == "");
  }
  SECTION("objects behind pointers") {
    std::vector<std::unique_ptr<SmallOnWire>> many(300);
    for (auto& one : many)
      one = std::make_unique<SmallOnWire>();
    CHECK_THAT(error_as<std::vector<std::unique_ptr<SmallOnWire>>>(bytes_of(many)),
               Contains("memory_base"));
  }
  SECTION("what a container takes while it is empty") {
    const std::vector<std::deque<char>> many(2000);
    CHECK_THAT(error_as<std::vector<std::deque<char>>>(bytes_of(many)), Contains("memory_base"));
  }
  SECTION("nodes") {
    const std::list<char> many(100000);
    CHECK_THAT(error_as<std::list<char>>(bytes_of(many)), Contains("memory_base"));
    CHECK(error_as<std::vector<char>>(bytes_of(many)) == "");
  }
}

TEST_CASE("a string of 60 MiB fits into the default limits") {
  const std::string text(60U << 20U, 'x');
  CHECK(error_as<std::string>(bytes_of(text)) == "");
}

TEST_CASE("a bool is 0 or 1, wherever it stands") {
  const Bytes two{std::byte{2}};
  CHECK(error_as<bool>(two) == "bool at offset 0 is 2, expected 0 or 1");
  CHECK(error_as<corpus::Switch>(two) != "");
  CHECK(error_as<std::optional<int>>(two) != "");
  const std::string second = "bool at offset 1 is 3, expected 0 or 1";
  const Bytes one_three{std::byte{1}, std::byte{3}};
  CHECK(error_as<std::array<bool, 2>>(one_three) == second);
  CHECK(error_as<RawBools>(one_three) == second);
  CHECK(error_as<std::tuple<bool, bool>>(one_three) == second);
  bool flags[2] = {};
  CHECK(error_of(one_three, {}, flags) == second);
  const std::string tenth = "bool at offset 9 is 255, expected 0 or 1";
  Bytes counted = bytes_of(std::uint64_t{2}, true, std::uint8_t{255});
  CHECK(error_as<std::vector<bool>>(counted) == tenth);
  CHECK(error_as<std::valarray<bool>>(counted) == tenth);
  CHECK(error_as<std::list<bool>>(counted) == tenth);
}

TEST_CASE("flags of pointers and indices of variants are in their range") {
  CHECK(error_as<std::unique_ptr<char>>(Bytes(2, std::byte{2})) ==
        "unique_ptr flag at offset 0 is 2, expected 0 or 1");
  CHECK(error_as<std::unique_ptr<corpus::Sealed>>(Bytes(2, std::byte{0xff})) != "");
  using Choice = std::variant<std::monostate, std::string>;
  for (const std::int32_t index : {2, -1, INT_MIN, INT_MAX}) {
    CHECK(error_as<Choice>(bytes_of(index, std::string())) ==
          "variant index at offset 0 is " + std::to_string(index) + ", expected 0 to 1");
  }
}

TEST_CASE("whatever a user's load function throws becomes a DecodeError") {
  CHECK(error_as<Throws>(bytes_of(0)) == "");
  CHECK(error_as<Throws>(bytes_of(1)) == "a load function threw: no good");
  CHECK(error_as<Throws>(bytes_of(2)) ==
        "a load function threw something that is no std::exception");
  CHECK(error_as<Throws>(bytes_of(3)) == "out of memory while decoding");
  CHECK(error_as<corpus::Id>(bytes_of(std::string("x"))) == "a load function threw: stoull");
  CHECK(error_as<corpus::Versioned>(bytes_of(std::uint32_t{4})) ==
        "a load function threw: version 4");
}

TEST_CASE("an object that load_and_construct fails to make is neither leaked nor handed out") {
  using Pointer = std::unique_ptr<corpus::Sealed>;
  CHECK(error_as<Pointer>(bytes_of(true, std::string("made"))) != "");
  CHECK(error_as<Pointer>(bytes_of(true)) != "");
  CHECK(error_as<Pointer>(bytes_of(true, std::string("never"))) != "");
  CHECK(error_as<Pointer>(bytes_of(true, std::string("made"), std::string("tail"))) == "");
  CHECK(corpus::Sealed::alive == 0);
}
