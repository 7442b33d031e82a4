// RMI_INTERFACE: which methods of a class can be called from elsewhere.
#pragma once

#include <vector>

#include <rmi/detail/for_each.hpp>
#include <rmi/detail/members.hpp>
#include <rmi/extras.hpp>

/// Makes a class callable from elsewhere and lists what may be called; there is no other step, and
/// the class itself does not change. To be written in the namespace of the class, after it:
///
///     RMI_INTERFACE(Calculator, add, (divide, rmi::doc("a by b"), rmi::params("a", "b")))
///
/// An entry is one of these, or a list in parentheses of one and extras that travel in the schema
/// (<rmi/extras.hpp>):
/// - the name of a method. It must be public and not overloaded, take its arguments by value,
///   const& or &&, and give its results by return.
/// - the name of a public data member: a property. It can be set unless it is const, or
///   `rmi::readonly`.
/// - `RMI_PROPERTY(...)`: a property that methods read and set.
/// - `rmi::extends<Base>`: all that the interface of a base class has.
/// All types must be ones that docs/payload.md lists.
#define RMI_INTERFACE(Class, ...)                                                                 \
  [[maybe_unused]] inline void rmi_interface(::rmi::detail::InterfaceOf<Class>) {                 \
    static_assert(sizeof("" #__VA_ARGS__) > 1,                                                    \
                  "rmi: RMI_INTERFACE(" #Class                                                    \
                  "): lists no methods; list those that may be called, or an interface "          \
                  "that it extends");                                                             \
    RMI_FOR_EACH_(RMI_CHECK_, Class, __VA_ARGS__)                                                 \
  }                                                                                               \
  template <class RmiMode>                                                                        \
  auto rmi_members(::rmi::detail::InterfaceOf<Class>, RmiMode) {                                  \
    RMI_FOR_EACH_(RMI_INFO_, Class, __VA_ARGS__)                                                  \
    using RmiRoot =                                                                               \
        ::rmi::detail::MembersRoot<RmiMode, Class RMI_FOR_EACH_(RMI_BASES_, Class, __VA_ARGS__)>; \
    struct RmiMembers : RmiRoot {                                                                 \
      explicit RmiMembers(typename RmiMode::Target& rmi_at) : RmiRoot(rmi_at) {}                  \
      RMI_FOR_EACH_(RMI_MEMBER_, Class, __VA_ARGS__)                                              \
    };                                                                                            \
    return ::std::type_identity<RmiMembers>{};                                                    \
  }  // complete with and without a semicolon after it

/// An entry of RMI_INTERFACE: a property that methods read and set.
///
///     RMI_PROPERTY(level, get_level, set_level)
///     RMI_PROPERTY(level, get_level)   // read-only
///     RMI_PROPERTY(level)              // `level()`, and `level(value)` if there is one
#define RMI_PROPERTY(...) \
  RMI_FOURTH_OF_(__VA_ARGS__, RMI_PROPERTY_3_, RMI_PROPERTY_2_, RMI_PROPERTY_1_, ~)(__VA_ARGS__)

#define RMI_CHECK_(Class, entry) RMI_ON_KIND_(CHECK, Class, entry)
#define RMI_INFO_(Class, entry) RMI_ON_KIND_(INFO, Class, entry)
#define RMI_BASES_(Class, entry) RMI_ON_KIND_(BASES, Class, entry)
#define RMI_MEMBER_(Class, entry) RMI_ON_KIND_(MEMBER, Class, entry)

// A method or a data member. What is checked has a sentence of its own.
#define RMI_CHECK_MEMBER_(Class, method, rest)                                                   \
  static_assert(                                                                                 \
      []<class RmiT>(RmiT*) {                                                                    \
        return requires {                                                                        \
          &RmiT::method;                                                                         \
        };                                                                                       \
      }(static_cast<Class*>(nullptr)),                                                           \
      "rmi: RMI_INTERFACE(" #Class ", " #method                                                  \
      "): there is no single public "                                                            \
      "method of that name; if it is overloaded, give the one to be called remotely "            \
      "a name of its own");                                                                      \
  static_assert(                                                                                 \
      ::rmi::detail::is_method<&Class::method> || ::rmi::detail::is_data<&Class::method>,        \
      "rmi: RMI_INTERFACE(" #Class ", " #method "): is not a non-static method or data member"); \
  static_assert(!::rmi::detail::has_outputs<&Class::method>,                                     \
                "rmi: RMI_INTERFACE(" #Class ", " #method                                        \
                "): has a parameter of type T&; a remote method cannot write to a variable "     \
                "of its caller: take const T& or T, and return the result (several as a "        \
                "struct or a std::tuple)");                                                      \
  static_assert(!::rmi::detail::returns_reference<&Class::method>,                               \
                "rmi: RMI_INTERFACE(" #Class ", " #method                                        \
                "): returns T&; a caller in another process gets a copy: return T or "           \
                "const T&");                                                                     \
  RMI_CHECK_LISTED_(Class, method, rest)                                                         \
  static_assert(                                                                                 \
      !rmi_listed_##method.traits.oneway || ::rmi::detail::returns_nothing<&Class::method>,      \
      "rmi: RMI_INTERFACE(" #Class ", " #method                                                  \
      "): rmi::oneway is for methods that return void: nobody waits for the result");            \
  static_assert(                                                                                 \
      rmi_listed_##method.parameters.size() <= ::rmi::detail::parameter_count<&Class::method>,   \
      "rmi: RMI_INTERFACE(" #Class ", " #method                                                  \
      "): rmi::params names more parameters than the method has");                               \
  static_assert(!rmi_listed_##method.readonly || ::rmi::detail::is_data<&Class::method>,         \
                "rmi: RMI_INTERFACE(" #Class ", " #method                                        \
                "): rmi::readonly is for properties, not for methods");
#define RMI_CHECK_LISTED_(Class, name, rest)                  \
  [[maybe_unused]] constexpr auto rmi_listed_##name =         \
      ::rmi::detail::list_member(#name, {} RMI_UNWRAP_ rest); \
  static_assert(!rmi_listed_##name.bad_timeout,               \
                "rmi: RMI_INTERFACE(" #Class ", " #name       \
                "): rmi::timeout must be positive and at most 30 days");
#define RMI_INFO_MEMBER_(Class, name, rest)                                 \
  struct RmiInfo_##name {                                                   \
    static constexpr auto get() {                                           \
      return ::rmi::detail::list_member(#name, #name "=" RMI_UNWRAP_ rest); \
    }                                                                       \
  };
#define RMI_BASES_MEMBER_(Class, method, rest)
#define RMI_MEMBER_MEMBER_(Class, method, rest)                                      \
  typename RmiMode::template Member<Class, &Class::method, RmiInfo_##method> method{ \
      this->rmi_target};

// rmi::extends<Base>
#define RMI_CHECK_BASE_(Class, base, rest)                                                \
  static_assert(::rmi::detail::can_extend<Class, base>,                                   \
                "rmi: RMI_INTERFACE(" #Class ", " #base "): " #Class                      \
                " must derive publicly from that class, which needs an RMI_INTERFACE of " \
                "its own before this one");
#define RMI_INFO_BASE_(Class, base, rest)
#define RMI_BASES_BASE_(Class, base, rest) , base
#define RMI_MEMBER_BASE_(Class, base, rest)

// RMI_PROPERTY
#define RMI_CHECK_PROPERTY_(Class, property, rest) \
  RMI_CHECK_PROPERTY_2_(Class, rest, RMI_PROPERTY_PARTS_(property))
#define RMI_CHECK_PROPERTY_2_(...) RMI_CHECK_PROPERTY_3_(__VA_ARGS__)
#define RMI_CHECK_PROPERTY_3_(Class, rest, name, getter, setter, how)                         \
  RMI_CHECK_LISTED_(Class, name, rest)                                                        \
  RMI_ACCESSORS_(name, getter, setter)                                                        \
  static_assert(!rmi_listed_##name.traits.oneway && rmi_listed_##name.parameters.empty(),     \
                "rmi: RMI_INTERFACE(" #Class ", " #name                                       \
                "): a property takes rmi::doc, rmi::readonly, rmi::idempotent and "           \
                "rmi::timeout");                                                              \
  static_assert(::rmi::detail::readable<Class, decltype(rmi_get_##name)>,                     \
                "rmi: RMI_INTERFACE(" #Class ", " #name                                       \
                "): the property needs a public "                                             \
                "method " #getter "() that returns its value");                               \
  static_assert(                                                                              \
      ::rmi::detail::Setter::how != ::rmi::detail::Setter::given ||                           \
          ::rmi::detail::writable<Class, decltype(rmi_get_##name), decltype(rmi_set_##name)>, \
      "rmi: RMI_INTERFACE(" #Class ", " #name                                                 \
      "): the property needs a public "                                                       \
      "method " #setter "(value) that takes what " #getter "() returns");
#define RMI_ACCESSORS_(name, getter, setter)                                                    \
  [[maybe_unused]] constexpr auto rmi_get_##name =                                              \
      [](auto& rmi_self) -> decltype(rmi_self.getter()) { return rmi_self.getter(); };          \
  [[maybe_unused]] constexpr auto rmi_set_##name =                                              \
      [](auto& rmi_self, auto&& rmi_value) -> decltype(static_cast<void>(rmi_self.setter(       \
                                               static_cast<decltype(rmi_value)>(rmi_value)))) { \
    rmi_self.setter(static_cast<decltype(rmi_value)>(rmi_value));                               \
  };
#define RMI_INFO_PROPERTY_(Class, property, rest) \
  RMI_INFO_PROPERTY_2_(Class, rest, RMI_PROPERTY_PARTS_(property))
#define RMI_INFO_PROPERTY_2_(...) RMI_INFO_PROPERTY_3_(__VA_ARGS__)
#define RMI_INFO_PROPERTY_3_(Class, rest, name, getter, setter, how)                       \
  RMI_INFO_MEMBER_(Class, name, rest)                                                      \
  RMI_ACCESSORS_(name, getter, setter)                                                     \
  using RmiAccess_##name =                                                                 \
      ::rmi::detail::PairAccess<Class, decltype(rmi_get_##name), decltype(rmi_set_##name), \
                                ::rmi::detail::Setter::how, RmiInfo_##name>;
#define RMI_BASES_PROPERTY_(Class, property, rest)
#define RMI_MEMBER_PROPERTY_(Class, property, rest) \
  RMI_MEMBER_PROPERTY_2_(Class, rest, RMI_PROPERTY_PARTS_(property))
#define RMI_MEMBER_PROPERTY_2_(...) RMI_MEMBER_PROPERTY_3_(__VA_ARGS__)
#define RMI_MEMBER_PROPERTY_3_(Class, rest, name, getter, setter, how)               \
  typename RmiMode::template Property<Class, RmiAccess_##name, RmiInfo_##name> name{ \
      this->rmi_target};

#include <rmi/reference.hpp>
