// What an entry of RMI_INTERFACE may say about a method or a property beside its name.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <rmi/method_traits.hpp>

namespace rmi {
namespace detail {

/// All that the entry says, known when the program is compiled.
struct MemberInfo {
  std::string_view name;
  std::string_view assign_name;  ///< of a property: the method that sets it
  std::string_view doc;
  MethodTraits traits;
  bool readonly = false;
  bool bad_timeout = false;
};
template <std::size_t Names>
struct ListedMember : MemberInfo {
  std::array<std::string_view, Names> parameters{};
};

struct Oneway {
  constexpr void apply(MemberInfo& member) const { member.traits.oneway = true; }
};
struct Idempotent {
  constexpr void apply(MemberInfo& member) const { member.traits.idempotent = true; }
};
struct Readonly {
  constexpr void apply(MemberInfo& member) const { member.readonly = true; }
};

}  // namespace detail

/// One line for people: `(divide, rmi::doc("a by b"))`.
struct doc {
  constexpr explicit doc(std::string_view line) : text(line) {}
  std::string_view text;
  constexpr void apply(detail::MemberInfo& member) const { member.doc = text; }
};

/// Names of a method's parameters, in order: `(divide, rmi::params("a", "b"))`.
template <std::size_t Names>
struct params {
  template <class... Name>
  constexpr explicit params(const Name&... name) : names{std::string_view(name)...} {}
  std::array<std::string_view, Names> names;

  template <std::size_t Most>
  constexpr void apply(detail::ListedMember<Most>& member) const {
    std::copy(names.begin(), names.end(), member.parameters.begin());
  }
};
template <class... Name>
params(const Name&...) -> params<sizeof...(Name)>;

/// The caller does not wait: the call returns when it is handed over, and nothing comes back. The
/// method must return void; what it throws is logged and counted by the daemon.
inline constexpr detail::Oneway oneway{};

/// Running the method twice does what running it once does, so that the bus may call again when it
/// cannot know whether the first call ran.
inline constexpr detail::Idempotent idempotent{};

/// A property that others may read but not set.
inline constexpr detail::Readonly readonly{};

/// How long a call of this method may take, instead of the default of the proxy. A timeout that
/// the caller sets with with_timeout() goes before it.
struct timeout {
  constexpr explicit timeout(std::chrono::milliseconds longest) : value(longest) {}
  std::chrono::milliseconds value;
  constexpr void apply(detail::MemberInfo& member) const {
    member.traits.timeout = value;
    member.bad_timeout = value <= std::chrono::milliseconds::zero() || value > max_method_timeout;
  }
};

/// An entry of its own: this interface has all that the interface of Base has.
/// `RMI_INTERFACE(Manager, rmi::extends<Employee>, raise)`.
template <class Base>
struct extends {};

namespace detail {

template <class Extra>
inline constexpr std::size_t names_given = 0;
template <std::size_t Names>
inline constexpr std::size_t names_given<params<Names>> = Names;

template <class... Extra>
constexpr auto list_member(std::string_view name, std::string_view assign_name,
                           const Extra&... extra) {
  ListedMember<std::max({std::size_t{0}, names_given<Extra>...})> member;
  member.name = name;
  member.assign_name = assign_name;
  (extra.apply(member), ...);
  return member;
}

}  // namespace detail
}  // namespace rmi
