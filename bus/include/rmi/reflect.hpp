// C++ types to schema types: what a method takes and returns, found without a second listing.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <span>
#include <stack>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>

#include <rmi/detail/recording_archive.hpp>
#include <rmi/detail/type_name.hpp>
#include <rmi/schema.hpp>

namespace rmi {
namespace detail {

Type make_type(Kind kind, std::vector<Type> items = {});
Type make_array(std::uint64_t size, Type element);
/// "system", "steady", or the name of the class of another clock.
Type make_time(Type duration, std::string clock);

template <class T>
concept wide_character = std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

/// Which types have a schema, and which. The general case: numbers, enums and classes.
template <class T>
struct Reflect {
  static constexpr bool is_number =
      std::is_arithmetic_v<T> && !std::is_same_v<T, long double> && !wide_character<T>;
  static constexpr bool minimal = member_minimal<T> || free_minimal<T>;
  static constexpr bool is_class() {
    if constexpr (std::is_class_v<T> || std::is_union_v<T>) {
      return class_is_serializable<T> && (minimal || constructible_by_cereal<T>);
    } else {
      return false;
    }
  }
  static constexpr bool ok = is_number || std::is_enum_v<T> || std::is_void_v<T> || is_class();
  static Type make(TypeTable& types);
};

template <class T>
struct Unsupported {
  static constexpr bool ok = false;
};
template <class T>
struct Reflect<T*> : Unsupported<T> {};
template <class T>
struct Reflect<std::shared_ptr<T>> : Unsupported<T> {};
template <class T>
struct Reflect<std::weak_ptr<T>> : Unsupported<T> {};
template <class C, class Tr>
struct Reflect<std::basic_string_view<C, Tr>> : Unsupported<C> {};
template <class T, std::size_t N>
struct Reflect<std::span<T, N>> : Unsupported<T> {};
template <class T, class D>
struct Reflect<std::unique_ptr<T[], D>> : Unsupported<T> {};
template <class C, class Tr, class A>
struct Reflect<std::basic_string<C, Tr, A>> : Unsupported<C> {};

template <class Tr, class A>
struct Reflect<std::basic_string<char, Tr, A>> {
  static constexpr bool ok = true;
  static Type make(TypeTable&) { return make_type(Kind::string); }
};

/// Containers and wrappers: a kind around the types of what is inside.
template <Kind K, class... Ts>
struct Around {
  static constexpr bool ok = (Reflect<std::remove_cv_t<Ts>>::ok && ...);
  static Type make(TypeTable& types) {
    std::vector<Type> items;
    (items.push_back(reflect<std::remove_cv_t<Ts>>(types)), ...);
    return make_type(K, std::move(items));
  }
};
template <class T>
struct Inside {  // no trace of the wrapper on the wire
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
struct Reflect<std::unique_ptr<T, D>> : Around<Kind::box, T> {};
template <class A, class B>
struct Reflect<std::pair<A, B>> : Around<Kind::tuple, A, B> {};
template <class... Ts>
struct Reflect<std::tuple<Ts...>> : Around<Kind::tuple, Ts...> {};
template <class... Ts>
struct Reflect<std::variant<Ts...>> : Around<Kind::variant, Ts...> {};

template <class T, std::size_t N>
struct Reflect<std::array<T, N>> {
  static constexpr bool ok = Reflect<T>::ok;
  static Type make(TypeTable& types) { return make_array(N, reflect<T>(types)); }
};
template <class T, std::size_t N>
struct Reflect<T[N]> : Reflect<std::array<T, N>> {};

template <class Rep, class Period>
struct Reflect<std::chrono::duration<Rep, Period>> {
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

template <class T>
constexpr Kind number_kind() {
  if constexpr (std::is_same_v<T, bool>) {
    return Kind::bool_;
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? Kind::f32 : Kind::f64;
  } else {
    constexpr Kind kinds[4][2] = {{Kind::u8, Kind::i8},
                                  {Kind::u16, Kind::i16},
                                  {Kind::u32, Kind::i32},
                                  {Kind::u64, Kind::i64}};
    constexpr int log = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    // Plain char is signed on some machines only; the wire has one answer.
    return kinds[log][std::is_signed_v<T> || std::is_same_v<T, char>];
  }
}

template <class T>
Type reflect_enum(TypeTable& types) {
  using Underlying = std::underlying_type_t<T>;
  static_assert(!wide_character<Underlying>, "rmi: an enum over a wide character cannot travel");
  auto [name, fresh] = types.declare(&type_identity<T>, type_name<T>());
  if (fresh) types.define(name, EnumType{number_kind<Underlying>(), enumerators<T>()});
  Type type = make_type(Kind::named);
  type.name = std::move(name);
  return type;
}

template <class T>
Type reflect_class(TypeTable& types) {
  auto [name, fresh] = types.declare(&type_identity<T>, type_name<T>());
  // Declared before its fields are looked at, so that a recursive type finds itself.
  if (fresh) types.define(name, StructType{record_fields<T>(types)});
  Type type = make_type(Kind::named);
  type.name = std::move(name);
  return type;
}

template <class T>
Type Reflect<T>::make(TypeTable& types) {
  if constexpr (std::is_void_v<T>) {
    return make_type(Kind::void_);
  } else if constexpr (is_number) {
    return make_type(number_kind<T>());
  } else if constexpr (std::is_same_v<T, std::byte>) {
    return make_type(Kind::u8);
  } else if constexpr (std::is_enum_v<T>) {
    return reflect_enum<T>(types);
  } else if constexpr (member_minimal<T>) {
    using Minimal = decltype(cereal::access::member_save_minimal(
        std::declval<const RecordingArchive&>(), std::declval<const T&>()));
    return reflect<std::remove_cvref_t<Minimal>>(types);
  } else if constexpr (free_minimal<T>) {
    using Minimal =
        decltype(save_minimal(std::declval<const RecordingArchive&>(), std::declval<const T&>()));
    return reflect<std::remove_cvref_t<Minimal>>(types);
  } else {
    return reflect_class<T>(types);
  }
}

template <class T>
inline constexpr bool is_shared_pointer = false;
template <class T>
inline constexpr bool is_shared_pointer<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool is_shared_pointer<std::weak_ptr<T>> = true;
template <class T>
inline constexpr bool is_view = false;
template <class C, class Tr>
inline constexpr bool is_view<std::basic_string_view<C, Tr>> = true;
template <class T, std::size_t N>
inline constexpr bool is_view<std::span<T, N>> = true;
template <class T>
inline constexpr bool is_polymorphic_box = false;
template <class T, class D>
inline constexpr bool is_polymorphic_box<std::unique_ptr<T, D>> = std::is_polymorphic_v<T>;

/// Refuses T with a sentence that says what to use instead.
template <class T>
Type reflect(TypeTable& types) {
  static_assert(!std::is_same_v<T, long double>,
                "rmi: long double has no fixed size on the wire; use double");
  static_assert(!std::is_pointer_v<T>,
                "rmi: raw pointers cannot travel; use the value, std::optional or std::unique_ptr "
                "(std::string for text)");
  static_assert(!is_shared_pointer<T>,
                "rmi: shared and weak pointers cannot travel; use the value or std::unique_ptr");
  static_assert(!is_view<T>,
                "rmi: views do not own what they show and cannot travel; use std::string or "
                "std::vector");
  static_assert(!wide_character<T>, "rmi: wide characters cannot travel; use UTF-8 in std::string");
  static_assert(!is_polymorphic_box<T>,
                "rmi: pointers to polymorphic classes cannot travel; use std::variant");
  if constexpr (std::is_class_v<T> && requires { Reflect<T>::is_class(); }) {
    static_assert(class_is_serializable<T>,
                  "rmi: this class has no cereal serialize function; add one: "
                  "template <class A> void serialize(A& ar) { ar(CEREAL_NVP(field), ...); }");
    static_assert(Reflect<T>::minimal || constructible_by_cereal<T>,
                  "rmi: this class needs a default constructor (private is fine with "
                  "friend class cereal::access)");
  }
  static_assert(Reflect<T>::ok || std::is_class_v<T> || std::is_pointer_v<T> ||
                    std::is_floating_point_v<T> || wide_character<T>,
                "rmi: this type cannot travel");
  if constexpr (requires { Reflect<T>::make(types); }) return Reflect<T>::make(types);
}

}  // namespace detail

/// Whether a T can be an argument or a result. Looks into containers, not into classes: whether the
/// fields of a class can travel shows when type_of<T> is compiled.
template <class T>
inline constexpr bool reflectable_v = detail::Reflect<std::remove_cvref_t<T>>::ok;
template <class T>
concept Reflectable = reflectable_v<T>;

/// The schema type of T, references and const aside. Enters the structs and enums it uses into
/// `types`. A class is default-constructed and its cereal serialize function run, to see its
/// fields; what that throws passes through. A type that cannot travel is a compile error that says
/// why.
template <class T>
Type type_of(TypeTable& types) {
  return detail::reflect<std::remove_cvref_t<T>>(types);
}

/// The signature of a method `R name(A...)`. `parameters` may be shorter than A.
template <class R, class... A>
Signature signature_of(TypeTable& types, std::string name,
                       const std::vector<std::string>& parameters = {}, std::string doc = {}) {
  Signature signature{std::move(name), {}, {}, std::move(doc)};
  (signature.parameters.push_back({"", type_of<A>(types)}), ...);
  signature.result = type_of<R>(types);
  for (std::size_t i = 0; i < parameters.size() && i < sizeof...(A); ++i)
    signature.parameters[i].name = parameters[i];
  return signature;
}

}  // namespace rmi
