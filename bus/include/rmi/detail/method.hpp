// Taking a pointer to a member function apart, and calling it with encoded arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/reflect.hpp>

namespace rmi {
namespace detail {

template <class... T>
struct Pack {};

template <class M>
struct MethodTraits;
#define RMI_METHOD_TRAITS_(qualifiers)             \
  template <class R, class C, class... A>          \
  struct MethodTraits<R (C::*)(A...) qualifiers> { \
    using Result = R;                              \
    using Arguments = Pack<A...>;                  \
  };
RMI_METHOD_TRAITS_()
RMI_METHOD_TRAITS_(const)
RMI_METHOD_TRAITS_(&)
RMI_METHOD_TRAITS_(const&)
RMI_METHOD_TRAITS_(noexcept)
RMI_METHOD_TRAITS_(const noexcept)
RMI_METHOD_TRAITS_(&noexcept)
RMI_METHOD_TRAITS_(const& noexcept)
#undef RMI_METHOD_TRAITS_

template <auto Method>
using ResultOf = std::remove_cvref_t<typename MethodTraits<decltype(Method)>::Result>;

template <class T>
inline constexpr bool is_output =
    std::is_lvalue_reference_v<T> && !std::is_const_v<std::remove_reference_t<T>>;

template <class P>
inline constexpr bool any_output = false;
template <class... A>
inline constexpr bool any_output<Pack<A...>> = (is_output<A> || ...);

/// What RMI_INTERFACE asks of a method before it is used, each with a text of its own.
template <auto Method>
inline constexpr bool is_method = std::is_member_function_pointer_v<decltype(Method)>;
template <auto Method>
inline constexpr bool has_outputs = any_output<typename MethodTraits<decltype(Method)>::Arguments>;
template <auto Method>
inline constexpr bool returns_reference =
    is_output<typename MethodTraits<decltype(Method)>::Result>;

template <auto Method, class P = typename MethodTraits<decltype(Method)>::Arguments>
struct Signed;
template <auto Method, class... A>
struct Signed<Method, Pack<A...>> {
  static Signature make(TypeTable& types, std::string name,
                        const std::vector<std::string>& parameters, std::string doc) {
    return signature_of<ResultOf<Method>, std::remove_cvref_t<A>...>(types, std::move(name),
                                                                     parameters, std::move(doc));
  }
  /// Hash of the signature, found once.
  static std::uint32_t hash() {
    static const std::uint32_t value = [] {
      TypeTable types;
      return rmi::hash(make(types, {}, {}, {}), types);
    }();
    return value;
  }
  static std::string print(std::string_view name) {
    TypeTable types;
    return to_string(make(types, std::string(name), {}, {}));
  }
};

/// Where a method's result goes: asks for the exact number of bytes of the reply's payload.
class ReplySink {
 public:
  virtual std::span<std::byte> payload(std::size_t size) = 0;

 protected:
  ~ReplySink() = default;
};

/// The arguments did not decode. Thrown before the method is called, never by it.
struct ArgumentFault {
  std::string text;
};

template <class T>
inline constexpr bool default_constructible_arguments = false;
template <class... A>
inline constexpr bool default_constructible_arguments<Pack<A...>> =
    (std::is_default_constructible_v<std::remove_cvref_t<A>> && ...);

template <class Class, auto Method, class... A>
void invoke_method(void* object, std::span<const std::byte> arguments, const DecodeLimits& limits,
                   ReplySink& reply, Pack<A...>) {
  static_assert(default_constructible_arguments<Pack<A...>>,
                "rmi: the parameter types of a remote method need default constructors");
  std::tuple<std::remove_cvref_t<A>...> values{};
  try {
    std::apply([&](auto&... value) { decode(arguments, limits, value...); }, values);
  } catch (const DecodeError& error) {
    throw ArgumentFault{error.what()};
  }
  auto& self = *static_cast<Class*>(object);
  const auto run = [&](auto&... value) -> decltype(auto) {
    // static_cast to A&& moves into by-value and rvalue parameters and binds the others.
    return std::invoke(Method, self, static_cast<A&&>(value)...);
  };
  if constexpr (std::is_void_v<ResultOf<Method>>) {
    std::apply(run, values);
    reply.payload(0);
  } else {
    const auto& result = std::apply(run, values);
    encode(reply.payload(encoded_size(result)), result);
  }
}

/// One method as a daemon holds it.
struct MethodEntry {
  using Invoke = void (*)(void* object, std::span<const std::byte> arguments,
                          const DecodeLimits& limits, ReplySink& reply);
  using MakeSignature = Signature (*)(TypeTable&, std::string,
                                      const std::vector<std::string>& parameters, std::string doc);
  std::string name;
  std::string doc;
  std::vector<std::string> parameters;
  MakeSignature signature;
  Invoke invoke;
};

}  // namespace detail

/// One line about a method, for people: `RMI_INTERFACE(Calculator, (divide, rmi::doc("a by b")))`.
struct doc {
  explicit doc(std::string line) : text(std::move(line)) {}
  std::string text;
  void apply(detail::MethodEntry& method) const { method.doc = text; }
};

/// Names of a method's parameters, in order: `(divide, rmi::params("a", "b"))`.
struct params {
  template <class... Name>
  explicit params(Name&&... name) : names{std::string(std::forward<Name>(name))...} {}
  std::vector<std::string> names;
  void apply(detail::MethodEntry& method) const { method.parameters = names; }
};

namespace detail {

/// @throws std::logic_error  more parameter names than parameters.
void check_extras(const MethodEntry& method, std::size_t parameters);

template <class... A>
constexpr std::size_t pack_size(Pack<A...>) {
  return sizeof...(A);
}

template <class Class, auto Method, class... Extra>
MethodEntry make_method(std::string name, const Extra&... extra) {
  using Arguments = typename MethodTraits<decltype(Method)>::Arguments;
  MethodEntry entry{std::move(name),
                    {},
                    {},
                    &Signed<Method>::make,
                    [](void* object, std::span<const std::byte> arguments,
                       const DecodeLimits& limits, ReplySink& reply) {
                      invoke_method<Class, Method>(object, arguments, limits, reply, Arguments{});
                    }};
  (extra.apply(entry), ...);
  check_extras(entry, pack_size(Arguments{}));
  return entry;
}

}  // namespace detail
}  // namespace rmi
