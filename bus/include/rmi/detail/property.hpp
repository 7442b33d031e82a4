// How a property of an object is read and set: a data member, or a pair of methods.
#pragma once

#include <atomic>
#include <type_traits>
#include <utility>

#include <rmi/detail/method.hpp>

namespace rmi::detail {

template <class T>
struct PropertyValue {
  using type = T;
};
template <class T>
struct PropertyValue<std::atomic<T>> {
  using type = T;
};

/// A data member.
template <class Class, auto Member, class Info>
struct DataAccess {
  using Value = typename PropertyValue<ResultOf<Member>>::type;
  static_assert(!std::is_array_v<Value>, "rmi: an array cannot be a property; use std::array");
  static constexpr bool settable =
      !Info::get().readonly && !std::is_const_v<typename MemberOf<decltype(Member)>::Result>;

  using Shown = std::conditional_t<std::is_same_v<Value, ResultOf<Member>>, const Value&, Value>;
  static Shown get(Class& self) { return self.*Member; }
  static void set(Class& self, Value&& value) { self.*Member = std::move(value); }
};

/// What RMI_PROPERTY says about a setter.
enum class Setter { none, perhaps, given };

template <class Class, class Get>
inline constexpr bool readable = std::is_invocable_v<Get, Class&>;
template <class Class, class Get>
using ReadValue = std::remove_cvref_t<std::invoke_result_t<Get, Class&>>;
template <class Class, class Get, class Set>
inline constexpr bool writable = [] {
  if constexpr (readable<Class, Get>)
    return std::is_invocable_v<Set, Class&, ReadValue<Class, Get>>;
  else
    return true;  // refused for its getter
}();

/// A pair of methods. Get and Set are function objects that call them.
template <class Class, class Get, class Set, Setter How, class Info>
struct PairAccess {
  using Value = ReadValue<Class, Get>;
  static_assert(!std::is_void_v<Value>, "rmi: the getter of a property returns its value");
  static constexpr bool settable =
      !Info::get().readonly && How != Setter::none && writable<Class, Get, Set>;

  static decltype(auto) get(Class& self) { return Get{}(self); }
  static void set(Class& self, Value&& value) { Set{}(self, std::move(value)); }
};

}  // namespace rmi::detail
