// Types of the standard library that cereal's own functions serve too slowly or unsafely.
#pragma once

#include <rmi/archive.hpp>

// Each is more specialised than cereal's function for the same type, so cereal chooses it; the
// bytes are the same.

namespace rmi {

// ---- strings and vectors of bytes: made in one go, not zeroed first

template <detail::byte_sized C, class T, class A>
void load(InputArchive& ar, std::basic_string<C, T, A>& value) {
  detail::get_plain(ar, value);
}

template <detail::byte_sized T, class A>
void load(InputArchive& ar, std::vector<T, A>& value) {
  detail::get_plain(ar, value);
}

template <detail::output Archive, class A>
void save(Archive& ar, const std::vector<std::byte, A>& value) {
  detail::save_counted(ar, value.data(), value.size(), 1);
}

template <detail::output Archive, std::size_t N>
void save(Archive& ar, const std::array<std::byte, N>& value) {
  ar.saveBinary(value.data(), N);
}

template <std::size_t N>
void load(InputArchive& ar, std::array<std::byte, N>& value) {
  ar.loadBinary(value.data(), N);
}

template <class A>
void save(SizeArchive& ar, const std::vector<bool, A>& value) {
  detail::save_counted(ar, nullptr, value.size(), 1);
}

// ---- valarray: cereal takes the address of the first element of an empty one

template <detail::output A, class T>
void save(A& ar, const std::valarray<T>& value) {
  ar(cereal::make_size_tag(static_cast<cereal::size_type>(value.size())));
  if (value.size() == 0) return;
  if constexpr (std::is_arithmetic_v<T>) {
    ar(cereal::binary_data(&value[0], value.size() * sizeof(T)));
  } else {
    for (const T& element : value)
      ar(element);
  }
}

template <class T>
void load(InputArchive& ar, std::valarray<T>& value) {
  const std::size_t n = detail::load_count(ar);
  value.resize(n);
  if (n == 0) return;
  if constexpr (std::is_arithmetic_v<T>) {
    ar(cereal::binary_data(&value[0], n * sizeof(T)));
  } else {
    for (T& element : value)
      ar(element);
  }
}

// ---- equal keys: cereal inserts each before the one before it, so they come back in reverse

template <class K, class C, class A>
void load(InputArchive& ar, std::multiset<K, C, A>& value) {
  value.clear();
  for (std::size_t n = detail::load_count(ar); n != 0; --n) {
    K key{};
    ar(key);
    value.emplace_hint(value.end(), std::move(key));
  }
}

template <class K, class V, class C, class A>
void load(InputArchive& ar, std::multimap<K, V, C, A>& value) {
  value.clear();
  for (std::size_t n = detail::load_count(ar); n != 0; --n) {
    K key{};
    V mapped{};
    ar(key, mapped);
    value.emplace_hint(value.end(), std::move(key), std::move(mapped));
  }
}

// ---- unique_ptr to a class with load_and_construct: cereal forgets the object when its load fails
// after construct(), and hands out raw memory when construct() was never called

template <class T, class D>
requires cereal::traits::has_load_and_construct<T, InputArchive>::value void load(
    InputArchive& ar, cereal::memory_detail::PtrWrapper<std::unique_ptr<T, D>&>& wrapper) {
  std::uint8_t valid = 0;
  ar(valid);
  wrapper.ptr.reset();
  if (valid == 0) return;
  using Value = std::remove_const_t<T>;
  std::allocator<Value> allocator;
  Value* const memory = allocator.allocate(1);
  cereal::memory_detail::LoadAndConstructLoadWrapper<InputArchive, Value> loader(memory);
  bool made = false;
  try {
    ar(loader);
    made = true;
    loader.construct.ptr();  // throws when construct() was not called
  } catch (...) {
    try {
      if (!made) loader.construct.ptr()->~Value();
    } catch (const cereal::Exception&) {  // there is no object yet
    }
    allocator.deallocate(memory, 1);
    throw;
  }
  wrapper.ptr.reset(memory);
}

}  // namespace rmi
