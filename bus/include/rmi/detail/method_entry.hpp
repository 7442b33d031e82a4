// The methods of an interface as whoever serves an object holds them.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rmi/detail/entry_list.hpp>
#include <rmi/detail/property.hpp>
#include <rmi/extras.hpp>

namespace rmi::detail {

template <class Self, class Class, auto Method, class... A>
void invoke_method(void* object, std::span<const std::byte> arguments, const DecodeLimits& limits,
                   ReplySink& reply) {
  Class& self = *static_cast<Self*>(object);
  run_encoded<A...>(arguments, limits, reply, [&self](auto&&... values) -> decltype(auto) {
    return std::invoke(Method, self, std::forward<decltype(values)>(values)...);
  });
}
template <class Self, class Class, auto Method, class... A>
constexpr MethodEntry::Invoke invoke_with(Pack<A...>) {
  return &invoke_method<Self, Class, Method, A...>;
}

/// A method that no RMI_INTERFACE lists.
template <class Class, auto Method>
MethodEntry make_method(std::string name) {
  return {std::move(name),
          {},
          {},
          &Signed<Method>::make,
          invoke_with<Class, Class, Method>(ArgumentsOf<Method>{})};
}

template <class R>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

/// Enters a method into a list of entries when it is constructed: what RemoteMethod is to a stub.
/// @tparam Self  class of the object behind the void* that invoke() gets; Class or derived from it.
template <class Self, class Class, auto Method, class Info>
class EnteredMethod {
 public:
  explicit EnteredMethod(EntryList& entries) {
    constexpr auto listed = Info::get();
    entries.add(&type_identity<Class>, {std::string(listed.name),
                                        std::string(listed.doc),
                                        {listed.parameters.begin(), listed.parameters.end()},
                                        &Signed<Method>::make,
                                        invoke_with<Self, Class, Method>(ArgumentsOf<Method>{}),
                                        listed.traits});
  }
};

/// Enters what reads a property, and what sets it if that can be.
template <class Self, class Class, class Access, class Info>
class EnteredProperty {
  using Value = typename Access::Value;

 public:
  explicit EnteredProperty(EntryList& entries) {
    constexpr auto listed = Info::get();
    entries.add(&type_identity<Class>,
                {std::string(listed.name),
                 std::string(listed.doc),
                 {},
                 &SignatureOf<Value>::make,
                 &read,
                 listed.traits,
                 Access::settable ? rmi::Access::read_write : rmi::Access::read_only});
    if constexpr (Access::settable)
      entries.add(&type_identity<Class>, {std::string(listed.assign_name),
                                          {},
                                          {},
                                          &SignatureOf<void, Value>::make,
                                          &assign,
                                          listed.traits});
  }

 private:
  static void read(void* object, std::span<const std::byte> arguments, const DecodeLimits& limits,
                   ReplySink& reply) {
    Class& self = *static_cast<Self*>(object);
    run_encoded<>(arguments, limits, reply,
                  [&self]() -> decltype(auto) { return Access::get(self); });
  }
  static void assign(void* object, std::span<const std::byte> arguments, const DecodeLimits& limits,
                     ReplySink& reply) {
    Class& self = *static_cast<Self*>(object);
    run_encoded<Value>(arguments, limits, reply,
                       [&self](Value&& value) { Access::set(self, std::move(value)); });
  }
};

}  // namespace rmi::detail
