// Taking a pointer to a member apart, and calling what it points to with encoded arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rmi/archive.hpp>
#include <rmi/detail/caller_type.hpp>
#include <rmi/detail/function_ref.hpp>
#include <rmi/method_traits.hpp>
#include <rmi/reflect.hpp>

namespace rmi::detail {

template <class... T>
struct Pack {};

/// What a pointer to a member points to. A data member has no arguments, and itself as the result.
template <class M>
struct MemberOf {
  using Result = void;
  using Arguments = Pack<>;
};
template <class T, class C>
struct MemberOf<T C::*> {
  using Result = std::conditional_t<std::is_object_v<T>, T, void>;
  using Arguments = Pack<>;
};
#define RMI_MEMBER_OF_(qualifiers)             \
  template <class R, class C, class... A>      \
  struct MemberOf<R (C::*)(A...) qualifiers> { \
    using Result = R;                          \
    using Arguments = Pack<A...>;              \
  };
RMI_MEMBER_OF_()
RMI_MEMBER_OF_(const)
RMI_MEMBER_OF_(&)
RMI_MEMBER_OF_(const&)
RMI_MEMBER_OF_(noexcept)
RMI_MEMBER_OF_(const noexcept)
RMI_MEMBER_OF_(&noexcept)
RMI_MEMBER_OF_(const& noexcept)
#undef RMI_MEMBER_OF_

template <auto Member>
using ResultOf = std::remove_cvref_t<typename MemberOf<decltype(Member)>::Result>;
template <auto Member>
using ArgumentsOf = typename MemberOf<decltype(Member)>::Arguments;

template <class T>
inline constexpr bool is_output =
    std::is_lvalue_reference_v<T> && !std::is_const_v<std::remove_reference_t<T>>;

template <class P>
inline constexpr bool any_output = false;
template <class... A>
inline constexpr bool any_output<Pack<A...>> = (is_output<A> || ...);

template <class P>
inline constexpr std::size_t pack_size = 0;
template <class... A>
inline constexpr std::size_t pack_size<Pack<A...>> = sizeof...(A);

/// What RMI_INTERFACE asks of a member before it is used, each with a text of its own.
template <auto Member>
inline constexpr bool is_method = std::is_member_function_pointer_v<decltype(Member)>;
template <auto Member>
inline constexpr bool is_data = std::is_member_object_pointer_v<decltype(Member)>;
template <auto Member>
inline constexpr bool has_outputs = any_output<ArgumentsOf<Member>>;
template <auto Member>
inline constexpr bool returns_reference = is_output<typename MemberOf<decltype(Member)>::Result>;
template <auto Member>
inline constexpr bool returns_nothing = std::is_void_v<ResultOf<Member>>;
template <auto Member>
inline constexpr std::size_t parameter_count = pack_size<ArgumentsOf<Member>>;

/// The signature of a method with these types.
template <class R, class... A>
struct SignatureOf {
  static Signature make(TypeTable& types, std::string name,
                        const std::vector<std::string>& parameters, std::string doc) {
    return signature_of<R, A...>(types, std::move(name), parameters, std::move(doc));
  }
  /// Found once.
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

template <auto Method, class P = ArgumentsOf<Method>>
struct Signed;
template <auto Method, class... A>
struct Signed<Method, Pack<A...>>
    : SignatureOf<typename CallerType<ResultOf<Method>>::type, std::remove_cvref_t<A>...> {};

/// The answer of a method that returned before it had one. Used once, on any thread.
class LateReply {
 public:
  virtual ~LateReply() = default;
  /// @param encode  writes the result.
  virtual void value(const Extent& result, FunctionRef<void(std::span<std::byte>)> encode) = 0;
  virtual void error(const std::exception_ptr& thrown) = 0;
  /// Calls `act` when nobody waits for the answer any more; not after it was given.
  virtual void on_cancel(std::function<void()> act) = 0;
};

/// Where a method's result goes.
class ReplySink {
 public:
  /// @param encode  writes the result.
  virtual void value(const Extent& result, FunctionRef<void(std::span<std::byte>)> encode) = 0;
  void nothing() {
    value(0, [](std::span<std::byte>) {});
  }
  /// The result comes later. Null where that cannot be.
  virtual std::shared_ptr<LateReply> defer() { return nullptr; }
  /// Who keeps the arguments; null if values must copy.
  virtual ByteOwner* arguments_owner() { return nullptr; }

 protected:
  ~ReplySink() = default;
};

/// How a result of type R is answered; specialized for what is not a value yet.
template <class R>
struct Answering {
  static void send(ReplySink& reply, const R& result) {
    reply.value(extent_of(result), [&](std::span<std::byte> into) { encode(into, result); });
  }
};

/// The arguments did not decode. Thrown before the method is called, never by it.
struct ArgumentFault {
  std::string text;
};

/// Decodes arguments of the types A, calls `run` with them and encodes what it returns.
template <class... A, class Run>
void run_encoded(std::span<const std::byte> arguments, const DecodeLimits& limits, ReplySink& reply,
                 Run&& run) {
  static_assert((std::is_default_constructible_v<std::remove_cvref_t<A>> && ...),
                "rmi: the parameter types of a remote method need default constructors");
  std::tuple<std::remove_cvref_t<A>...> values{};
  try {
    std::apply(
        [&](auto&... value) { decode_from(arguments, limits, reply.arguments_owner(), value...); },
        values);
  } catch (const DecodeError& error) {
    throw ArgumentFault{error.what()};
  }
  const auto apply = [&](auto&... value) -> decltype(auto) {
    // static_cast to A&& moves into by-value and rvalue parameters and binds the others.
    return run(static_cast<A&&>(value)...);
  };
  using Result = std::remove_cvref_t<decltype(std::apply(apply, values))>;
  if constexpr (std::is_void_v<Result>) {
    std::apply(apply, values);
    reply.nothing();
  } else {
    Answering<Result>::send(reply, std::apply(apply, values));
  }
}

}  // namespace rmi::detail
