// What RMI_INTERFACE lists, seen from both sides: stubs for callers, entries for who serves.
#pragma once

#include <array>
#include <type_traits>
#include <vector>

#include <rmi/detail/caller_type.hpp>
#include <rmi/detail/method_entry.hpp>
#include <rmi/detail/remote_method.hpp>
#include <rmi/detail/type_name.hpp>

namespace rmi::detail {

/// Whether the interface of Class can have that entry.
template <class Class, class Extends>
inline constexpr bool can_extend = false;
template <class Class, class Base>
inline constexpr bool can_extend<Class, extends<Base>> = [] {
  if constexpr (has_interface<Base>)
    return std::is_convertible_v<Class*, Base*> && !std::is_same_v<Class, Base>;
  else
    return false;
}();

/// RMI_INTERFACE defines two functions in the namespace of the class, to be found by
/// argument-dependent lookup: `rmi_interface(InterfaceOf<Class>)`, which says that there is one,
/// and `rmi_members(InterfaceOf<Class>, Mode)`, whose result names a class that has a member for
/// each method, called like it. The Mode says what a member is. It is looked at when it is used, so
/// that a program compiles only the stubs that it needs.
template <class Class, class Mode>
using Members = typename decltype(rmi_members(InterfaceOf<Class>{}, Mode{}))::type;

/// The members of the interfaces that Class extends, and what all members get when they are made.
/// A name that Class lists again hides that of its base.
template <class Mode, class Class, class... Extends>
struct MembersRoot;
template <class Mode, class Class, class... Base>
struct MembersRoot<Mode, Class, extends<Base>...> : Members<Base, Mode>... {
  explicit MembersRoot(typename Mode::Target& rmi_at)
      : Members<Base, Mode>(rmi_at)..., rmi_target(rmi_at) {
    Mode::template begin<Class, Base...>(rmi_at);
  }
  typename Mode::Target& rmi_target;
};

/// Members that are called.
template <class How>
struct StubMode : How {
  template <class Class, auto Method, class Info>
  using Member = std::conditional_t<is_data<Method>,
                                    RemoteProperty<How, DataAccess<Class, Method, Info>, Info>,
                                    RemoteMethod<How, Method, Info>>;
  template <class Class, class Access, class Info>
  using Property = RemoteProperty<How, Access, Info>;
  template <class Class, class... Base>
  static void begin(typename How::Target&) {}
};

/// Members that enter themselves into a list, for an object of class Self.
template <class Self>
struct EntryMode {
  using Target = EntryList;
  template <class Class, auto Method, class Info>
  using Member =
      std::conditional_t<is_data<Method>,
                         EnteredProperty<Self, Class, DataAccess<Class, Method, Info>, Info>,
                         EnteredMethod<Self, Class, Method, Info>>;
  template <class Class, class Access, class Info>
  using Property = EnteredProperty<Self, Class, Access, Info>;
  template <class Class, class... Base>
  static void begin(EntryList& entries) {
    entries.begin(&type_identity<Class>, type_name<Class>(), {&type_identity<Base>...});
  }
};

/// What an object of class Self can do by the interfaces I, and by those that they extend.
/// @throws std::logic_error  methods of one name that are not the same.
template <class Self, class... I>
InterfaceDescription describe_interfaces() {
  EntryList entries;
  [[maybe_unused]] const auto enter = [&]<class Each>(Each*) {
    [[maybe_unused]] const Members<Each, EntryMode<Self>> members(entries);
  };
  (enter(static_cast<I*>(nullptr)), ...);
  return entries.take(std::array<const void*, sizeof...(I)>{&type_identity<I>...});
}

/// All that RMI_INTERFACE(Class, ...) says.
template <class Class>
struct Interface {
  // The members of each are called as the methods are, for the way of calling that it stands for.
  struct RmiStub : Members<Class, StubMode<SyncMode>> {
    RmiStub(const CallTarget& rmi_at) : Members<Class, StubMode<SyncMode>>(rmi_at) {}
  };
  struct RmiAsyncStub : Members<Class, StubMode<AsyncMode>> {
    RmiAsyncStub(const CallTarget& rmi_at) : Members<Class, StubMode<AsyncMode>>(rmi_at) {}
  };
  struct RmiBatchStub : Members<Class, StubMode<BatchMode>> {
    RmiBatchStub(BatchRecorder& rmi_at) : Members<Class, StubMode<BatchMode>>(rmi_at) {}
  };

  static std::vector<MethodEntry> rmi_methods() {
    return describe_interfaces<Class, Class>().methods;
  }
};

}  // namespace rmi::detail
