// An object and its methods, without its type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rmi/detail/members.hpp>

namespace rmi::detail {

/// Who shares an instance.
enum class InstanceMode : std::uint8_t {
  single,       ///< everybody
  per_session,  ///< the calls of one session
  per_call,     ///< nobody
};

/// A call whose arguments stay encoded.
struct RawRequest {
  std::string_view method;
  std::uint32_t signature;
  std::span<const std::byte> payload;
  ByteOwner* owner;
};

/// What is needed to serve an object.
struct ObjectDescription {
  std::shared_ptr<void> instance{};  ///< null unless the mode is single
  InterfaceDescription described{};
  InstanceMode mode = InstanceMode::single;
  std::function<std::shared_ptr<void>()> create{};  ///< of the other modes
  /// Instead of methods: takes every call that is not of a reserved method.
  std::function<void(void* object, const RawRequest& request, ReplySink& reply)> raw{};
  std::string raw_schema{};      ///< what such an object publishes
  std::size_t kept_replies = 0;  ///< see ServeOptions
};

/// @tparam Class  the class that RMI_INTERFACE names; `instance` may be of a derived one.
template <class Class>
ObjectDescription describe(std::shared_ptr<Class> instance) {
  static_assert(has_interface<Class>,
                "rmi: this class has no RMI_INTERFACE(Class, methods...) in its namespace, after "
                "the class; for an object of a derived class say serve<Base>(...)");
  ObjectDescription description;
  description.instance = std::move(instance);
  description.described = describe_interfaces<Class, Class>();
  return description;
}

/// The same through several interfaces, the one that gives the name first.
template <class... I, class Class>
ObjectDescription describe_as(std::shared_ptr<Class> instance) {
  static_assert((has_interface<I> && ...),
                "rmi: one of these classes has no RMI_INTERFACE(Class, methods...) in its "
                "namespace, after the class");
  static_assert((std::is_convertible_v<Class*, I*> && ...),
                "rmi: the object's class must derive publicly from each of these interfaces");
  ObjectDescription description;
  description.instance = std::move(instance);
  description.described = describe_interfaces<Class, I...>();
  return description;
}

}  // namespace rmi::detail
