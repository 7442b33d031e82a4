// Decodes any bytes as one of many types, chosen by the first byte; what decodes is written again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "test/unit/archive_corpus.hpp"

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "archive_fuzz: %s\n", what);
  std::abort();
}

/// A value that decoded must take no more bytes than it came in, and survive a second round.
template <class T>
void decode_as(std::span<const std::byte> bytes) {
  T value{};
  try {
    rmi::decode(bytes, {}, value);
  } catch (const rmi::DecodeError&) {
    return;
  }
  const auto again = corpus::bytes_of(value);
  if (again.size() > bytes.size()) fail("the value takes more bytes than it came in");
  T second{};
  rmi::decode(again, {}, second);
  if (rmi::encoded_size(second) != again.size()) fail("the value changed in a second round");
}

using Decode = void (*)(std::span<const std::byte>);

template <class... T>
constexpr std::array<Decode, sizeof...(T)> table() {
  return {&decode_as<T>...};
}

using Everything = std::tuple<std::map<std::string, corpus::Tree>, std::vector<bool>,
                              std::optional<std::variant<std::monostate, corpus::Point, bool>>,
                              std::deque<std::u16string>, std::unique_ptr<corpus::Chain>>;

constexpr auto decoders =
    table<std::string, std::vector<std::int32_t>, std::vector<std::string>, std::vector<bool>,
          std::valarray<double>, std::valarray<std::string>, std::list<corpus::Point>,
          std::forward_list<std::unique_ptr<int>>, std::deque<std::vector<std::byte>>,
          std::set<std::string>, std::multiset<std::int16_t>, std::unordered_set<std::string>,
          std::map<std::string, std::vector<std::string>>, std::multimap<std::uint8_t, bool>,
          std::unordered_map<std::uint32_t, std::string>,
          std::unordered_multimap<std::string, double>, std::vector<corpus::Empty>,
          std::vector<std::optional<std::array<char, 4096>>>, corpus::Tree, corpus::Chain,
          corpus::Bag, corpus::Versioned, std::vector<std::unique_ptr<corpus::Sealed>>,
          std::array<bool, 5>, std::vector<corpus::Switch>,
          std::vector<std::variant<std::string, corpus::Tree, std::vector<double>>>, Everything>();

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size));
  decoders[data[0] % decoders.size()](bytes.subspan(1));
  return 0;
}
