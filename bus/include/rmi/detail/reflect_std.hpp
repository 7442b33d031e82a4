// Reflection of the standard library's types; included by <rmi/reflect.hpp> only.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <variant>

#include <rmi/reflect.hpp>

namespace rmi::detail {

template <class Tr, class A>
struct Reflect<std::basic_string<char, Tr, A>> {
  static constexpr Unfit unfit = Unfit::no;
  static constexpr bool ok = true;
  static Type make(TypeTable&) { return make_type(Kind::string); }
};

/// Containers and wrappers: a kind around the types of what is inside.
template <Kind K, class... Ts>
struct Around {
  static constexpr Unfit unfit = Unfit::no;
  static constexpr bool ok = (Reflect<std::remove_cv_t<Ts>>::ok && ...);
  static Type make(TypeTable& types) {
    std::vector<Type> items;
    (items.push_back(reflect<std::remove_cv_t<Ts>>(types)), ...);
    return make_type(K, std::move(items));
  }
};
template <class T>
struct Inside {  // no trace of the wrapper on the wire
  static constexpr Unfit unfit = Unfit::no;
  static constexpr bool ok = Reflect<T>::ok;
  static Type make(TypeTable& types) { return reflect<T>(types); }
};

template <>
struct Reflect<std::monostate> : Around<Kind::void_> {};
template <class T, class A>
struct Reflect<std::vector<T, A>> : Around<Kind::list, T> {};
template <class A>
struct Reflect<std::vector<std::uint8_t, A>> : Around<Kind::bytes> {};
template <class A>
struct Reflect<std::vector<std::byte, A>> : Around<Kind::bytes> {};
template <class T, class A>
struct Reflect<std::deque<T, A>> : Around<Kind::list, T> {};
template <class T, class A>
struct Reflect<std::list<T, A>> : Around<Kind::list, T> {};
template <class T, class A>
struct Reflect<std::forward_list<T, A>> : Around<Kind::list, T> {};
template <class T>
struct Reflect<std::valarray<T>> : Around<Kind::list, T> {};
template <class T, class C>
struct Reflect<std::queue<T, C>> : Inside<C> {};
template <class T, class C>
struct Reflect<std::stack<T, C>> : Inside<C> {};
template <class T>
struct Reflect<std::atomic<T>> : Inside<T> {};
template <class T, class C, class A>
struct Reflect<std::set<T, C, A>> : Around<Kind::set, T> {};
template <class T, class C, class A>
struct Reflect<std::multiset<T, C, A>> : Around<Kind::list, T> {};
template <class T, class H, class E, class A>
struct Reflect<std::unordered_set<T, H, E, A>> : Around<Kind::set, T> {};
template <class T, class H, class E, class A>
struct Reflect<std::unordered_multiset<T, H, E, A>> : Around<Kind::list, T> {};
template <class K, class V, class C, class A>
struct Reflect<std::map<K, V, C, A>> : Around<Kind::map, K, V> {};
template <class K, class V, class C, class A>
struct Reflect<std::multimap<K, V, C, A>> : Around<Kind::multimap, K, V> {};
template <class K, class V, class H, class E, class A>
struct Reflect<std::unordered_map<K, V, H, E, A>> : Around<Kind::map, K, V> {};
template <class K, class V, class H, class E, class A>
struct Reflect<std::unordered_multimap<K, V, H, E, A>> : Around<Kind::multimap, K, V> {};
template <class T>
struct Reflect<std::optional<T>> : Around<Kind::optional, T> {};
template <class T, class D>
struct Reflect<std::unique_ptr<T, D>>
    : std::conditional_t<std::is_polymorphic_v<T>, Unsupported<Unfit::polymorphic>,
                         Around<Kind::box, T>> {};
template <class A, class B>
struct Reflect<std::pair<A, B>> : Around<Kind::tuple, A, B> {};
template <class... Ts>
struct Reflect<std::tuple<Ts...>> : Around<Kind::tuple, Ts...> {};
template <class... Ts>
struct Reflect<std::variant<Ts...>> : Around<Kind::variant, Ts...> {};

template <class T, std::size_t N>
struct Reflect<std::array<T, N>> {
  static constexpr Unfit unfit = Unfit::no;
  static constexpr bool ok = Reflect<T>::ok;
  static Type make(TypeTable& types) { return make_array(N, reflect<T>(types)); }
};
template <class T, std::size_t N>
struct Reflect<T[N]> : Reflect<std::array<T, N>> {};

template <class Rep, class Period>
struct Reflect<std::chrono::duration<Rep, Period>> {
  static constexpr Unfit unfit = Unfit::no;
  static constexpr bool ok = std::is_arithmetic_v<Rep> && Reflect<Rep>::ok;
  static Type make(TypeTable& types) {
    Type type = make_type(Kind::duration, {reflect<Rep>(types)});
    type.num = Period::type::num;
    type.den = Period::type::den;
    return type;
  }
};
template <class Clock, class Duration>
struct Reflect<std::chrono::time_point<Clock, Duration>> {
  static constexpr Unfit unfit = Unfit::no;
  static constexpr bool ok = Reflect<Duration>::ok;
  static std::string clock() {
    if constexpr (std::is_same_v<Clock, std::chrono::system_clock>) {
      return "system";
    } else if constexpr (std::is_same_v<Clock, std::chrono::steady_clock>) {
      return "steady";
    } else {
      return type_name<Clock>();
    }
  }
  static Type make(TypeTable& types) { return make_time(reflect<Duration>(types), clock()); }
};

}  // namespace rmi::detail
