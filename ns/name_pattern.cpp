// NamePattern over std::regex.
#include "ns/name_pattern.hpp"

#include <algorithm>
#include <charconv>
#include <regex>
#include <string>

#include <fmt/format.h>

#include <rmi/errors.hpp>

namespace rmi::ns {
namespace {

// libstdc++'s default matcher backtracks: `(a*)*b` against thirty a's takes for ever. With this
// flag of its own it walks all states at once instead and refuses back references.
#ifdef _GLIBCXX_RELEASE
constexpr auto bounded = std::regex_constants::__polynomial;
#else
#error "std::regex of this library has no mode that is safe against hostile patterns"
#endif

// A pattern of 255 bytes can ask for 1000 * 1000 copies of a group before it matches anything.
constexpr std::uint64_t max_repeats = 256;

std::string_view reason(std::regex_constants::error_type code) {
  using namespace std::regex_constants;
  if (code == error_brack) return "a '[' is not closed";
  if (code == error_paren)  // libstdc++ says this of "*a" too
    return "a '(' or ')' has no partner, or a '*', '+' or '?' has nothing to repeat";
  if (code == error_brace || code == error_badbrace) return "a '{...}' is malformed";
  if (code == error_badrepeat) return "a '*', '+', '?' or '{' has nothing to repeat";
  if (code == error_range) return "a range in '[...]' is backwards";
  if (code == error_escape) return "a '\\' escapes nothing known, or ends the pattern";
  if (code == error_backref || code == error_complexity) return "back references are not supported";
  if (code == error_ctype) return "a '[:class:]' is unknown";
  if (code == error_collate) return "a '[.element.]' is unknown";
  return "it is malformed";
}

[[noreturn]] void refuse(std::string_view pattern, std::string_view why) {
  throw BadArguments(fmt::format("the regex '{}' cannot be used: {}", pattern, why));
}

/// Product of the larger bounds of all '{n,m}': what they multiply the pattern's size by at most.
std::uint64_t repeats_of(std::string_view pattern) {
  std::uint64_t product = 1;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      ++at;
      continue;
    }
    if (pattern[at] != '{') continue;
    std::uint64_t largest = 1;
    for (const char* from = pattern.data() + at + 1; from < pattern.data() + pattern.size();) {
      std::uint64_t count = 0;
      const auto [end, failed] = std::from_chars(from, pattern.data() + pattern.size(), count);
      if (failed == std::errc::result_out_of_range) return max_repeats + 1;
      if (failed != std::errc{}) break;
      largest = std::max(largest, count);
      from = end + 1;
    }
    product *= std::min(largest, max_repeats + 1);
    if (product > max_repeats) return product;
  }
  return product;
}

}  // namespace

struct NamePattern::Compiled {
  std::regex regex;
};

NamePattern::NamePattern(std::string_view pattern, const RegistryLimits& limits) {
  if (pattern.size() > limits.pattern_length)
    throw BadArguments(fmt::format("the regex is {} bytes long; the limit pattern-length allows {}",
                                   pattern.size(), limits.pattern_length));
  const auto repeats = repeats_of(pattern);
  if (repeats > max_repeats)
    refuse(pattern, fmt::format("its '{{n}}' repeat more than {} times altogether", max_repeats));
  states_ = repeats * (pattern.size() + 1);
  try {
    compiled_ = std::make_unique<Compiled>();
    compiled_->regex.assign(
        pattern.begin(), pattern.end(),
        std::regex::ECMAScript | std::regex::nosubs | std::regex::optimize | bounded);
  } catch (const std::regex_error& error) {
    refuse(pattern, reason(error.code()));
  }
}

NamePattern::~NamePattern() = default;
NamePattern::NamePattern(NamePattern&&) noexcept = default;
NamePattern& NamePattern::operator=(NamePattern&&) noexcept = default;

bool NamePattern::matches(std::string_view name) const {
  return std::regex_match(name.begin(), name.end(), compiled_->regex);
}

}  // namespace rmi::ns
