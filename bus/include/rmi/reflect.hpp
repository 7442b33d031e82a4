// C++ types to schema types: what a method takes and returns, found without a second listing.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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
  static constexpr bool is_class() {
    if constexpr (std::is_class_v<T> || std::is_union_v<T>) {
      return class_is_serializable<T>;
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
  }
  static_assert(Reflect<T>::ok || std::is_class_v<T> || std::is_pointer_v<T> ||
                    std::is_floating_point_v<T> || wide_character<T>,
                "rmi: this type cannot travel");
  if constexpr (requires { Reflect<T>::make(types); }) return Reflect<T>::make(types);
}

}  // namespace detail
}  // namespace rmi

#include <rmi/detail/reflect_std.hpp>

namespace rmi {

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
