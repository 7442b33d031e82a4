// Values that need nothing of cereal; included by <rmi/archive.hpp> only.
#pragma once

#include <rmi/archive.hpp>

// An archive of cereal has six containers, which are made and unmade with each message: some 150
// instructions for the size, as many to write, and to read. Where all values of a message are
// plain, none is made. The bytes, the limits and the errors are the same.

namespace rmi::detail {

template <class T>
concept byte_sized = sizeof(T) == 1 && !std::is_same_v<T, bool> &&
                     (std::is_arithmetic_v<T> || std::is_same_v<T, std::byte>);

template <class T>
inline constexpr bool plain = std::is_arithmetic_v<T>;
template <byte_sized C, class T, class A>
inline constexpr bool plain<std::basic_string<C, T, A>> = true;
template <class T, class A>
inline constexpr bool plain<std::vector<T, A>> =
    (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) || std::is_same_v<T, std::byte>;

/// What messages of these values are counted, written or read with.
template <class WithCereal, class Without, class... T>
using Archive = std::conditional_t<(plain<std::remove_cv_t<T>> && ...), Without, WithCereal>;

inline void check_bools(const std::byte* from, std::size_t size, std::size_t offset) {
  for (std::size_t i = 0; i != size; ++i) {
    if (from[i] > std::byte{1}) {
      throw_flag("bool", std::to_integer<unsigned>(from[i]), offset + i);
    }
  }
}

/// After expect_elements().
inline std::size_t load_count(ByteReader& from) {
  cereal::size_type n = 0;
  from.loadBinary(&n, sizeof(n));
  return from.container_count(n);
}

template <class Bytes>
void save_counted(Bytes& to, const void* data, std::size_t count, std::size_t element) {
  const cereal::size_type n = count;
  to.saveBinary(&n, sizeof(n));
  to.saveBinary(data, count * element);
}

template <class T>
void get_plain(ByteReader& from, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    const std::size_t at = from.offset();
    const std::byte* byte = from.take(1);
    check_bools(byte, 1, at);
    value = *byte == std::byte{1};
  } else if constexpr (std::is_arithmetic_v<T>) {
    from.loadBinary(&value, sizeof(T));
  } else {
    using Value = typename T::value_type;
    from.expect_elements<Value, node_bytes<T>>();
    const std::size_t n = load_count(from);
    if constexpr (byte_sized<Value>) {
      const auto* data = reinterpret_cast<const Value*>(from.take(n));
      if constexpr (requires { value.c_str(); }) value.reserve(n);  // assign() takes longer for it
      value.assign(data, data + n);                                 // in one go, not zeroed first
    } else {
      value.resize(n);
      from.loadBinary(value.data(), n * sizeof(Value));
    }
  }
}

template <class Bytes, class T>
void put(Bytes& to, const T& value) {
  if constexpr (std::is_base_of_v<cereal::detail::OutputArchiveBase, Bytes>)
    to(value);
  else if constexpr (std::is_arithmetic_v<T>)
    to.saveBinary(&value, sizeof(T));
  else
    save_counted(to, value.data(), value.size(), sizeof(typename T::value_type));
}

template <class Bytes, class T>
void get(Bytes& from, T& value) {
  if constexpr (std::is_base_of_v<cereal::detail::InputArchiveBase, Bytes>)
    from(value);
  else
    get_plain(from, value);
}

}  // namespace rmi::detail
