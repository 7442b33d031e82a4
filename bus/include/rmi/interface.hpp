// RMI_INTERFACE: which methods of a class can be called from elsewhere.
#pragma once

#include <string_view>
#include <vector>

#include <rmi/detail/for_each.hpp>
#include <rmi/detail/invoke.hpp>
#include <rmi/detail/method.hpp>

namespace rmi::detail {

/// Found by argument-dependent lookup: RMI_INTERFACE defines `rmi_interface(InterfaceOf<Class>)`
/// in the namespace of the class.
template <class Class>
struct InterfaceOf {};

template <class Class>
concept has_interface = requires {
  rmi_interface(InterfaceOf<Class>{});
};

template <class Class>
using Interface = decltype(rmi_interface(InterfaceOf<Class>{}));

/// The caller's side of one method: an object that is called like the method.
template <auto Method, class P = typename MethodTraits<decltype(Method)>::Arguments>
struct RemoteMethod;
template <auto Method, class... A>
struct RemoteMethod<Method, Pack<A...>> {
  const CallTarget& target;
  std::string_view name;

  /// Takes what the method takes. The result comes by value.
  /// @throws the classes of <rmi/errors.hpp>, and what the method threw.
  ResultOf<Method> operator()(A... arguments) const {
    using Sign = Signed<Method>;
    return invoke<ResultOf<Method>>(target, {name, Sign::hash(), &Sign::print}, arguments...);
  }
};

}  // namespace rmi::detail

/// Makes a class callable from elsewhere and lists the methods that may be called; there is no
/// other step, and the class itself does not change. To be written in the namespace of the class,
/// after it:
///
///     RMI_INTERFACE(Calculator, add, (divide, rmi::doc("a by b"), rmi::params("a", "b")))
///
/// A method is its name, or a list in parentheses of its name and extras that travel in the schema.
/// It must be public and not overloaded, take its arguments by value, const& or &&, and give its
/// results by return. Its types must be ones that docs/payload.md lists.
#define RMI_INTERFACE(Class, ...)                                                 \
  [[maybe_unused]] inline auto rmi_interface(::rmi::detail::InterfaceOf<Class>) { \
    RMI_FOR_EACH_(RMI_CHECK_METHOD_, Class, __VA_ARGS__)                          \
    struct RmiInterface {                                                         \
      struct RmiStub {                                                            \
        const ::rmi::detail::CallTarget& rmi_target;                              \
        RMI_FOR_EACH_(RMI_STUB_METHOD_, Class, __VA_ARGS__)                       \
      };                                                                          \
      static ::std::vector<::rmi::detail::MethodEntry> rmi_methods() {            \
        ::std::vector<::rmi::detail::MethodEntry> rmi_entries;                    \
        RMI_FOR_EACH_(RMI_ENTER_METHOD_, Class, __VA_ARGS__)                      \
        return rmi_entries;                                                       \
      }                                                                           \
    };                                                                            \
    return RmiInterface{};                                                        \
  }  // complete with and without a semicolon after it

#define RMI_CHECK_METHOD_(Class, entry) RMI_CHECK_METHOD_2_(Class, RMI_FIRST_(entry))
#define RMI_CHECK_METHOD_2_(Class, method) RMI_CHECK_METHOD_3_(Class, method)
#define RMI_CHECK_METHOD_3_(Class, method)                                                     \
  static_assert(                                                                               \
      []<class RmiT>(RmiT*) {                                                                  \
        return requires {                                                                      \
          &RmiT::method;                                                                       \
        };                                                                                     \
      }(static_cast<Class*>(nullptr)),                                                         \
      "rmi: RMI_INTERFACE(" #Class ", " #method                                                \
      "): there is no single public "                                                          \
      "method of that name; if it is overloaded, give the one to be called remotely "          \
      "a name of its own");                                                                    \
  static_assert(::rmi::detail::is_method<&Class::method>,                                      \
                "rmi: RMI_INTERFACE(" #Class ", " #method "): is not a non-static method");    \
  static_assert(!::rmi::detail::has_outputs<&Class::method>,                                   \
                "rmi: RMI_INTERFACE(" #Class ", " #method                                      \
                "): has a parameter of type T&; a "                                            \
                "remote method cannot write to a variable of its caller: take const T& or T, " \
                "and return the result (several as a struct or a std::tuple)");                \
  static_assert(!::rmi::detail::returns_reference<&Class::method>,                             \
                "rmi: RMI_INTERFACE(" #Class ", " #method                                      \
                "): returns T&; a caller in another "                                          \
                "process gets a copy: return T or const T&");

#define RMI_STUB_METHOD_(Class, entry) RMI_STUB_METHOD_2_(Class, RMI_FIRST_(entry))
#define RMI_STUB_METHOD_2_(Class, method) RMI_STUB_METHOD_3_(Class, method)
#define RMI_STUB_METHOD_3_(Class, method) \
  ::rmi::detail::RemoteMethod<&Class::method> method{rmi_target, #method};

#define RMI_ENTER_METHOD_(Class, entry) \
  RMI_ENTER_METHOD_2_(Class, RMI_FIRST_(entry), RMI_REST_(entry))
#define RMI_ENTER_METHOD_2_(Class, method, rest) RMI_ENTER_METHOD_3_(Class, method, rest)
#define RMI_ENTER_METHOD_3_(Class, method, rest) \
  rmi_entries.push_back(                         \
      ::rmi::detail::make_method<Class, &Class::method>(#method RMI_UNWRAP_ rest));
