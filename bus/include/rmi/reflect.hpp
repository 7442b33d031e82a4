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
/// An object of an interface, a source of items, a function: each travels as a string, the name of
/// an object on the bus, "" for none.
Type make_ref(std::string interface);
Type make_stream(Type item);
Type make_callback(std::vector<Type> parameters, Type result);

template <class T>
concept wide_character = std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

/// Why a type cannot travel. What is inside a container does not count here.
enum class Unfit {
  no,
  long_double,
  raw_pointer,
  shared_pointer,
  array_pointer,
  polymorphic,
  view,
  wide,
  not_serializable,
  other,
};

template <class T>
constexpr Unfit unfit_leaf() {
  if constexpr (std::is_same_v<T, long double>) return Unfit::long_double;
  if constexpr (wide_character<T>) return Unfit::wide;
  if constexpr (std::is_void_v<T> || std::is_arithmetic_v<T> || std::is_enum_v<T>) return Unfit::no;
  if constexpr (!std::is_class_v<T> && !std::is_union_v<T>) return Unfit::other;
  if constexpr (std::is_class_v<T> || std::is_union_v<T>)
    return class_is_serializable<T> ? Unfit::no : Unfit::not_serializable;
}

/// Which types have a schema, and which. The general case: numbers, enums and classes.
template <class T>
struct Reflect {
  static constexpr Unfit unfit = unfit_leaf<T>();
  static constexpr bool ok = unfit == Unfit::no;
  static Type make(TypeTable& types);
};

template <Unfit Why>
struct Unsupported {
  static constexpr Unfit unfit = Why;
  static constexpr bool ok = false;
};
template <class T>
struct Reflect<T*> : Unsupported<Unfit::raw_pointer> {};
template <class T>
struct Reflect<std::shared_ptr<T>> : Unsupported<Unfit::shared_pointer> {};
template <class T>
struct Reflect<std::weak_ptr<T>> : Unsupported<Unfit::shared_pointer> {};
template <class T, class D>
struct Reflect<std::unique_ptr<T[], D>> : Unsupported<Unfit::array_pointer> {};
template <class C, class Tr>
struct Reflect<std::basic_string_view<C, Tr>> : Unsupported<Unfit::view> {};
template <class T, std::size_t N>
struct Reflect<std::span<T, N>> : Unsupported<Unfit::view> {};
template <class C, class Tr, class A>
struct Reflect<std::basic_string<C, Tr, A>> : Unsupported<Unfit::wide> {};

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
  } else if constexpr (std::is_arithmetic_v<T>) {
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

/// Refuses T with a sentence that says what to use instead.
template <class T>
Type reflect(TypeTable& types) {
  constexpr Unfit unfit = Reflect<T>::unfit;
  static_assert(unfit != Unfit::long_double,
                "rmi: long double has no fixed size on the wire; use double");
  static_assert(unfit != Unfit::raw_pointer,
                "rmi: raw pointers cannot travel; use the value, std::optional or std::unique_ptr "
                "(std::string for text)");
  static_assert(unfit != Unfit::shared_pointer,
                "rmi: shared and weak pointers cannot travel; use the value or std::unique_ptr");
  static_assert(unfit != Unfit::array_pointer,
                "rmi: a pointer to an array does not say how long it is; use std::vector");
  static_assert(unfit != Unfit::polymorphic,
                "rmi: pointers to polymorphic classes cannot travel; use std::variant");
  static_assert(unfit != Unfit::view,
                "rmi: views do not own what they show and cannot travel; use std::string or "
                "std::vector");
  static_assert(unfit != Unfit::wide,
                "rmi: wide characters cannot travel; use UTF-8 in std::string");
  static_assert(unfit != Unfit::not_serializable,
                "rmi: this class has no cereal serialize function; add one: "
                "template <class A> void serialize(A& ar) { ar(CEREAL_NVP(field), ...); }");
  static_assert(unfit != Unfit::other, "rmi: this type cannot travel");
  if constexpr (unfit == Unfit::no) return Reflect<T>::make(types);
  return {};
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
  Signature signature;
  signature.name = std::move(name);
  signature.doc = std::move(doc);
  (signature.parameters.push_back({"", type_of<A>(types)}), ...);
  signature.result = type_of<R>(types);
  for (std::size_t i = 0; i < parameters.size() && i < sizeof...(A); ++i)
    signature.parameters[i].name = parameters[i];
  return signature;
}

}  // namespace rmi
