// What the archives know about a type: whether it may travel, and what it takes on the wire.
#pragma once

#include <array>
#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/forward_list.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/valarray.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>

namespace rmi {
class InputArchive;
class OutputArchive;
class SizeArchive;
}  // namespace rmi

namespace rmi::detail {

template <class... T>
struct List {};

/// Memory that a container takes per element besides the element: node links and what malloc adds,
/// measured on libstdc++ and rounded up. -1 for what is no container of the standard library.
template <class T>
inline constexpr int node_bytes = -1;
template <class T, class A>
inline constexpr int node_bytes<std::vector<T, A>> = 0;
template <class T, class A>
inline constexpr int node_bytes<std::deque<T, A>> = 0;
template <class T>
inline constexpr int node_bytes<std::valarray<T>> = 0;
template <class C, class T, class A>
inline constexpr int node_bytes<std::basic_string<C, T, A>> = 0;
template <class T, class A>
inline constexpr int node_bytes<std::list<T, A>> = 32;
template <class T, class A>
inline constexpr int node_bytes<std::forward_list<T, A>> = 24;
template <class K, class C, class A>
inline constexpr int node_bytes<std::set<K, C, A>> = 48;
template <class K, class C, class A>
inline constexpr int node_bytes<std::multiset<K, C, A>> = 48;
template <class K, class V, class C, class A>
inline constexpr int node_bytes<std::map<K, V, C, A>> = 48;
template <class K, class V, class C, class A>
inline constexpr int node_bytes<std::multimap<K, V, C, A>> = 48;
template <class K, class H, class E, class A>
inline constexpr int node_bytes<std::unordered_set<K, H, E, A>> = 48;
template <class K, class H, class E, class A>
inline constexpr int node_bytes<std::unordered_multiset<K, H, E, A>> = 48;
template <class K, class V, class H, class E, class A>
inline constexpr int node_bytes<std::unordered_map<K, V, H, E, A>> = 48;
template <class K, class V, class H, class E, class A>
inline constexpr int node_bytes<std::unordered_multimap<K, V, H, E, A>> = 48;

template <class T>
concept container = node_bytes<T>
>= 0;

/// The types of the values that a value of T is made of; `leaf` when the archives cannot look
/// inside (arithmetic types, enums, users' classes).
template <class T>
struct Parts {
  static constexpr bool leaf = true;
  using type = List<>;
};
template <class... T>
struct PartsOf {
  static constexpr bool leaf = false;
  using type = List<std::remove_cv_t<T>...>;
};
template <container T>
struct Parts<T> : PartsOf<typename T::value_type> {};
template <class T, std::size_t N>
struct Parts<T[N]> : PartsOf<T> {};
template <class T, std::size_t N>
struct Parts<std::array<T, N>> : PartsOf<T> {};
template <class T>
struct Parts<std::complex<T>> : PartsOf<T> {};
template <class T>
struct Parts<std::optional<T>> : PartsOf<T> {};
template <class A, class B>
struct Parts<std::pair<A, B>> : PartsOf<A, B> {};
template <class... T>
struct Parts<std::tuple<T...>> : PartsOf<T...> {};
template <class... T>
struct Parts<std::variant<T...>> : PartsOf<T...> {};
template <class R, class P>
struct Parts<std::chrono::duration<R, P>> : PartsOf<R> {};
template <class C, class D>
struct Parts<std::chrono::time_point<C, D>> : PartsOf<D> {};
template <class T, class D>
struct Parts<std::unique_ptr<T, D>> : PartsOf<T> {};

/// cereal's own wrappers around a value: they are no level of nesting.
template <class T>
inline constexpr bool is_wrapper = std::is_base_of_v<cereal::detail::NameValuePairCore, T> ||
                                   std::is_base_of_v<cereal::detail::DeferredDataCore, T> ||
                                   std::is_base_of_v<cereal::traits::detail::BaseCastBase, T>;
template <class T>
inline constexpr bool is_wrapper<cereal::SizeTag<T>> = true;
template <class T>
inline constexpr bool is_wrapper<cereal::BinaryData<T>> = true;
template <class K, class V>
inline constexpr bool is_wrapper<cereal::MapItem<K, V>> = true;
template <class T>
inline constexpr bool is_wrapper<cereal::memory_detail::PtrWrapper<T>> = true;

// ---- which types are refused

enum class Refusal {
  none,
  long_double,
  raw_pointer,
  shared_pointer,
  array_pointer,
  polymorphic,
  view,
};

template <class T>
inline constexpr Refusal own_refusal =
    std::is_same_v<T, long double> ? Refusal::long_double
    : std::is_pointer_v<T> || std::is_null_pointer_v<T> || std::is_member_pointer_v<T>
        ? Refusal::raw_pointer
        : Refusal::none;
template <class T>
inline constexpr Refusal own_refusal<std::shared_ptr<T>> = Refusal::shared_pointer;
template <class T>
inline constexpr Refusal own_refusal<std::weak_ptr<T>> = Refusal::shared_pointer;
template <class T, class D>
inline constexpr Refusal own_refusal<std::unique_ptr<T[], D>> = Refusal::array_pointer;
template <class T, class D>
inline constexpr Refusal own_refusal<std::unique_ptr<T, D>> =
    std::is_polymorphic_v<T> ? Refusal::polymorphic : Refusal::none;
template <class C, class T>
inline constexpr Refusal own_refusal<std::basic_string_view<C, T>> = Refusal::view;
template <class T, std::size_t N>
inline constexpr Refusal own_refusal<std::span<T, N>> = Refusal::view;
template <class T>
inline constexpr Refusal own_refusal<std::reference_wrapper<T>> = Refusal::view;

template <class T>
constexpr Refusal refusal();

template <class... T>
constexpr Refusal first_refusal(List<T...>) {
  Refusal found = Refusal::none;
  ((found == Refusal::none ? void(found = refusal<T>()) : void()), ...);
  return found;
}

/// Why a T must not travel, looking into everything that is not a user's class.
template <class T>
constexpr Refusal refusal() {
  if constexpr (own_refusal<T> != Refusal::none) {
    return own_refusal<T>;
  } else {
    return first_refusal(typename Parts<T>::type{});
  }
}

/// Ends the compilation with a sentence that says what to use instead.
template <class T>
constexpr void refuse_at_compile_time() {
  constexpr Refusal why = refusal<std::remove_cv_t<T>>();
  static_assert(why != Refusal::long_double,
                "rmi: long double cannot be sent, its size and padding differ between machines: "
                "use double");
  static_assert(why != Refusal::raw_pointer,
                "rmi: a raw pointer cannot be sent, it means nothing in another process: use the "
                "value itself, std::optional or std::unique_ptr");
  static_assert(why != Refusal::shared_pointer,
                "rmi: std::shared_ptr and std::weak_ptr cannot be sent, ownership is not shared "
                "across processes: use the value itself, std::optional or std::unique_ptr");
  static_assert(why != Refusal::array_pointer,
                "rmi: std::unique_ptr to an array cannot be sent, it does not know its length: use "
                "std::vector");
  static_assert(why != Refusal::polymorphic,
                "rmi: a pointer to a polymorphic class cannot be sent, the peer would choose the "
                "class that is made: use std::variant of the classes that are meant");
  static_assert(why != Refusal::view,
                "rmi: a view or reference (std::string_view, std::span, std::reference_wrapper) "
                "cannot be sent, it owns nothing: use std::string, std::vector or the value");
}

// ---- what a type takes on the wire

/// Fewest bytes that a T takes on the wire; 0 when that is not known (users' classes).
template <class T>
constexpr std::size_t min_wire();

template <class T>
inline constexpr std::size_t min_wire_own = 0;
template <container T>
inline constexpr std::size_t min_wire_own<T> = sizeof(cereal::size_type);
template <class T>
inline constexpr std::size_t min_wire_own<std::optional<T>> = 1;
template <class T, class D>
inline constexpr std::size_t min_wire_own<std::unique_ptr<T, D>> = 1;
template <class... T>
inline constexpr std::size_t min_wire_own<std::variant<T...>> = sizeof(std::int32_t);
template <class T>
inline constexpr std::size_t min_wire_own<std::complex<T>> = 2 * sizeof(T);
template <class T, std::size_t N>
inline constexpr std::size_t min_wire_own<std::array<T, N>> = N* min_wire<std::remove_cv_t<T>>();
template <class A, class B>
inline constexpr std::size_t min_wire_own<std::pair<A, B>> =
    min_wire<std::remove_cv_t<A>>() + min_wire<std::remove_cv_t<B>>();
template <class... T>
inline constexpr std::size_t min_wire_own<std::tuple<T...>> = (std::size_t{0} + ... +
                                                               min_wire<std::remove_cv_t<T>>());
template <class R, class P>
inline constexpr std::size_t min_wire_own<std::chrono::duration<R, P>> = min_wire<R>();
template <class C, class D>
inline constexpr std::size_t min_wire_own<std::chrono::time_point<C, D>> = min_wire<D>();
template <class T, std::size_t N>
inline constexpr std::size_t min_wire_own<T[N]> = N* min_wire<std::remove_cv_t<T>>();

template <class T>
constexpr std::size_t min_wire() {
  if constexpr (std::is_arithmetic_v<T>) {
    return sizeof(T);
  } else if constexpr (std::is_enum_v<T>) {
    // Users may give an enum another form on the wire with save_minimal.
    using Form = cereal::traits::has_non_member_save_minimal<T, OutputArchive>;
    if constexpr (Form::value && !cereal::traits::is_specialized<T, OutputArchive>::value) {
      return min_wire<std::remove_cvref_t<typename Form::type>>();
    } else {
      return 0;
    }
  } else {
    return min_wire_own<T>;
  }
}

/// Memory that a T takes as soon as it is made, besides its own size. Only a std::deque of
/// libstdc++ does that: it starts with a table of 64 and a block of 512 bytes.
template <class T>
inline constexpr std::size_t heap_bytes = 0;
template <class T, class A>
inline constexpr std::size_t heap_bytes<std::deque<T, A>> = 64 +
                                                            (sizeof(T) < 512 ? 512 : sizeof(T)) +
                                                            32;
template <class A, class B>
inline constexpr std::size_t heap_bytes<std::pair<A, B>> =
    heap_bytes<std::remove_cv_t<A>> + heap_bytes<std::remove_cv_t<B>>;
template <class... T>
inline constexpr std::size_t heap_bytes<std::tuple<T...>> = (std::size_t{0} + ... + heap_bytes<T>);
template <class T, std::size_t N>
inline constexpr std::size_t heap_bytes<std::array<T, N>> = N* heap_bytes<T>;

/// What the archive must know about the elements of a container before it reads their number.
struct Element {
  std::size_t wire;       ///< fewest bytes of one on the wire; 0 = not known
  std::size_t memory;     ///< bytes of memory that one takes
  bool (*takes_bytes)();  ///< asked when wire is 0: whether one takes any byte after all
};

}  // namespace rmi::detail
