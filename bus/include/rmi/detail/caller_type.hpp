// What a caller gets for what a method returns.
#pragma once

#include <memory>
#include <vector>

namespace rmi {

template <class T>
class Future;
template <class T>
class Task;
template <class Interface>
class Proxy;

namespace detail {

template <class Class>
struct InterfaceOf {};

/// Whether RMI_INTERFACE lists methods of the class.
template <class Class>
concept has_interface = requires {
  rmi_interface(InterfaceOf<Class>{});
};

/// A customization point: what comes later, or by reference, is one type at the object and another
/// at its caller. It is also the type that the schema shows.
template <class T>
struct CallerType {
  using type = T;
};
template <class T>
struct CallerType<Future<T>> : CallerType<T> {};
template <class T>
struct CallerType<Task<T>> : CallerType<T> {};
template <class J>
requires has_interface<J>
struct CallerType<std::shared_ptr<J>> {
  using type = Proxy<J>;
};
template <class J>
requires has_interface<J>
struct CallerType<std::vector<std::shared_ptr<J>>> {
  using type = std::vector<Proxy<J>>;
};

}  // namespace detail
}  // namespace rmi
