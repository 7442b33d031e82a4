// Names of C++ types and enumerators, taken from the compiler's own spelling of a function.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rmi/schema.hpp>

namespace rmi::detail {

/// The spellings of g++ and clang++ brought to one form: no anonymous namespaces, no enclosing
/// functions, the same words for integers. `pretty` is a __PRETTY_FUNCTION__ with one `T = ...`.
std::string clean_type_name(std::string_view pretty);

/// The named ones of the values, from a __PRETTY_FUNCTION__ that lists the pack `Vs` of them.
std::vector<Enumerator> clean_enumerators(std::string_view pretty,
                                          const std::vector<std::int64_t>& values);

template <class T>
std::string type_name() {
  return clean_type_name(__PRETTY_FUNCTION__);
}

/// One address for each type: what tells apart two types that print alike.
template <class T>
inline constexpr char type_identity = 0;

template <class E, E... Vs>
std::string_view spell_enumerators() {
  return __PRETTY_FUNCTION__;
}

/// Whether the underlying type of E has that value.
template <class E>
constexpr bool holds(std::int64_t value) {
  using U = std::underlying_type_t<E>;
  constexpr auto max = std::numeric_limits<U>::max();
  if (value < 0)
    return std::is_signed_v<U> && value >= static_cast<std::int64_t>(std::numeric_limits<U>::min());
  return static_cast<std::uint64_t>(value) <= static_cast<std::uint64_t>(max);
}

// Not static_cast: for an enum without a fixed underlying type that is no constant expression when
// the value is larger than its enumerators need.
template <class E>
constexpr E enum_value(std::int64_t value) {
  using U = std::underlying_type_t<E>;
  return std::bit_cast<E>(static_cast<U>(holds<E>(value) ? value : 0));
}

template <class E, std::int64_t... Vs>
std::vector<Enumerator> enumerators_of(std::integer_sequence<std::int64_t, Vs...>) {
  // Values that cannot be are replaced by 0 to keep the pack in step, and left out afterwards.
  const std::vector<std::int64_t> values{
      (holds<E>(Vs) ? Vs : std::numeric_limits<std::int64_t>::min())...};
  return clean_enumerators(spell_enumerators<E, enum_value<E>(Vs)...>(), values);
}

template <std::int64_t First, std::int64_t... Offsets, std::int64_t... Bits>
constexpr auto enum_range(std::integer_sequence<std::int64_t, Offsets...>,
                          std::integer_sequence<std::int64_t, Bits...>) {
  return std::integer_sequence<std::int64_t, (First + Offsets)...,
                               (std::int64_t{128} << Bits)...>{};
}

/// Enumerators from -16 to 127, and the single bits above up to 2^31 for flags. Others print as
/// numbers.
template <class E>
std::vector<Enumerator> enumerators() {
  return enumerators_of<E>(enum_range<-16>(std::make_integer_sequence<std::int64_t, 144>{},
                                           std::make_integer_sequence<std::int64_t, 25>{}));
}

}  // namespace rmi::detail
