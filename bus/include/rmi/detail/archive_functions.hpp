// The functions through which cereal reaches the archives; included by <rmi/archive.hpp> only.
#pragma once

#include <rmi/archive.hpp>
#include <rmi/detail/archive_plain.hpp>

// cereal calls prologue() and epilogue() around every value and finds ours by argument-dependent
// lookup. The prologue of a container runs just before cereal reads its number of elements, so it
// can say what those elements are, and the one place that reads a SizeTag can check the number
// before cereal takes memory: no container code of cereal is copied here.

namespace rmi {

namespace detail {
template <class A>
concept output = std::is_same_v<A, OutputArchive> || std::is_same_v<A, SizeArchive>;
template <class A>
concept archive = output<A> || std::is_same_v<A, InputArchive>;

/// What a BinaryData<T> points at.
template <class T>
using Pointee = std::remove_cv_t<std::remove_all_extents_t<
    std::conditional_t<std::is_array_v<std::remove_reference_t<T>>, std::remove_reference_t<T>,
                       std::remove_pointer_t<std::remove_reference_t<T>>>>>;
}  // namespace detail

// ---- numbers, counts and bytes

template <detail::output A, class T>
requires std::is_arithmetic_v<T>
void save(A& ar, const T& value) {
  detail::refuse_at_compile_time<T>();
  ar.saveBinary(&value, sizeof(T));
}

template <class T>
requires std::is_arithmetic_v<T>
void load(InputArchive& ar, T& value) {
  detail::refuse_at_compile_time<T>();
  detail::get_plain(ar, value);
}

template <detail::archive A, class T>
void serialize(A& ar, cereal::NameValuePair<T>& pair) {
  ar(pair.value);
}

template <detail::output A, class T>
void save(A& ar, const cereal::SizeTag<T>& tag) {
  const std::uint64_t n = tag.size;
  ar.saveBinary(&n, sizeof(n));
}

template <class T>
void load(InputArchive& ar, cereal::SizeTag<T>& tag) {
  std::uint64_t n = 0;
  ar.loadBinary(&n, sizeof(n));
  tag.size = ar.container_count(n);
}

template <detail::output A, class T>
void save(A& ar, const cereal::BinaryData<T>& data) {
  detail::refuse_at_compile_time<detail::Pointee<T>>();
  ar.saveBinary(data.data, data.size);
}

template <class T>
void load(InputArchive& ar, cereal::BinaryData<T>& data) {
  using Value = detail::Pointee<T>;
  detail::refuse_at_compile_time<Value>();
  if constexpr (std::is_same_v<Value, bool>) {
    if (data.size <= ar.remaining()) detail::check_bools(ar.peek().data(), data.size, ar.offset());
  }
  ar.loadBinary(data.data, data.size);
}

// ---- before and after each value

template <detail::output A, class T>
requires(std::is_class_v<T> || std::is_pointer_v<T>) &&
    (!detail::is_wrapper<T>)void prologue(A&, const T&) {
  detail::refuse_at_compile_time<T>();
}

template <class T>
requires std::is_pointer_v<T>
void prologue(InputArchive&, const T&) {
  detail::refuse_at_compile_time<T>();
}

namespace detail {
/// A class that is none of the standard library's: through it alone types can be recursive.
template <class T>
concept users_class = std::is_class_v<T> && Parts<T>::leaf && !is_wrapper<T>;

template <class T, class D>
void before_plain(InputArchive& ar, const std::unique_ptr<T, D>&) {
  const auto next = ar.peek();
  if (next.empty()) return;
  if (next[0] > std::byte{1}) {
    throw_flag("unique_ptr flag", std::to_integer<unsigned>(next[0]), ar.offset());
  }
  constexpr std::size_t malloc_bytes = 16;
  if (next[0] == std::byte{1}) ar.charge(1, sizeof(T) + malloc_bytes);
}
template <class... T>
void before_plain(InputArchive& ar, const std::variant<T...>&) {
  std::int32_t index = 0;
  if (ar.remaining() < sizeof(index)) return;
  std::memcpy(&index, ar.peek().data(), sizeof(index));
  if (index < 0 || static_cast<std::size_t>(index) >= sizeof...(T)) {
    throw_index(index, sizeof...(T), ar.offset());
  }
}
template <class T>
void before_plain(InputArchive&, const T&) {}
}  // namespace detail

template <class T>
requires std::is_class_v<T> &&
    (!detail::is_wrapper<T>)void prologue(InputArchive& ar, const T& value) {
  detail::refuse_at_compile_time<T>();
  if constexpr (detail::container<T>) {
    ar.expect_elements<typename T::value_type, detail::node_bytes<T>>();
  } else if constexpr (!detail::users_class<T>) {
    detail::before_plain(ar, value);
  } else {
    ar.enter();
    if constexpr (requires { sizeof(typename T::value_type); }) {
      ar.expect_elements<typename T::value_type, 48>();
    } else {
      ar.expect_unknown_elements();
    }
  }
}

template <detail::users_class T>
void epilogue(InputArchive& ar, const T&) noexcept {
  ar.leave();
}

}  // namespace rmi

namespace cereal::traits::detail {
template <>
struct get_output_from_input<rmi::InputArchive> {
  using type = rmi::OutputArchive;
};
template <>
struct get_input_from_output<rmi::OutputArchive> {
  using type = rmi::InputArchive;
};
template <>
struct get_input_from_output<rmi::SizeArchive> {
  using type = rmi::InputArchive;
};
}  // namespace cereal::traits::detail

namespace rmi {

namespace detail {
template <class T>
constexpr bool saves();
template <class T>
constexpr bool loads();
template <class... T>
constexpr bool all_save(List<T...>) {
  return (saves<T>() && ...);
}
template <class... T>
constexpr bool all_load(List<T...>) {
  return (loads<T>() && ...);
}
template <class T>
constexpr bool saves() {
  if constexpr (Parts<T>::leaf) {
    return std::is_empty_v<T> || cereal::traits::is_output_serializable<T, OutputArchive>::value;
  } else {
    return all_save(typename Parts<T>::type{});
  }
}
template <class T>
constexpr bool loads() {
  if constexpr (Parts<T>::leaf) {
    return std::is_empty_v<T> || cereal::traits::is_input_serializable<T, InputArchive>::value ||
           cereal::traits::has_load_and_construct<T, InputArchive>::value;
  } else {
    return all_load(typename Parts<T>::type{});
  }
}
}  // namespace detail

template <class T>
bool detail::ByteReader::takes_bytes() {
  if constexpr (std::is_default_constructible_v<T> && detail::saves<T>()) {
    // Containers make their elements with this constructor before they read them, so a stranger's
    // bytes reach no new code here. On the heap, because an element may be large.
    SizeArchive archive;
    archive(*std::make_unique<const T>());
    return archive.size() != 0;
  } else {
    return true;
  }
}

}  // namespace rmi
