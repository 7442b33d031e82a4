// A stand-in for an object whose header this program does not have.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <rmi/detail/invoke.hpp>
#include <rmi/errors.hpp>
#include <rmi/reflect.hpp>
#include <rmi/stream.hpp>

namespace rmi {

/// Calls any object by the signatures that it publishes.
///
/// `any.call<std::string>("welcome_message", "Rashmi")` is checked against the published signature
/// before anything is sent, and made as the published traits say (oneway, idempotent, timeout). The
/// schema is asked for once, and again when the server turns out to have another one.
///
/// A value: copies stand for the same object and share the schema. Lifetime: borrows the Bus.
/// Thread safety: thread safe.
class AnyProxy {
 public:
  /// @param object  a name, or a `rminame:` URI. @throws UriError
  AnyProxy(Bus& bus, std::string_view object);

  /// Calls a method with arguments of exactly the published types; text in any form is a string.
  /// @tparam R  the published result type; void also takes any result and throws it away.
  /// @throws MethodNotFound, SignatureMismatch  before anything was sent; and all that a call of a
  ///         Proxy throws.
  template <class R = void, class... A>
  R call(std::string_view method, const A&... arguments) const;

  /// A property of the object: `any.get<double>("level")`, `any.set("level", 5.0)`.
  /// @throws MethodNotFound  there is none, or it is read-only; else as call().
  template <class T>
  T get(std::string_view property) const {
    return call<T>(property);
  }
  template <class T>
  void set(std::string_view property, const T& value) const {
    call(std::string(property) + '=', value);
  }

  /// Calls a method with arguments in JSON and returns the result in JSON ("null" for nothing).
  /// @param arguments  an array, or an object whose keys are the names of the parameters.
  /// @throws BadArguments  the text tells the argument and the place in it, what was expected and
  ///         what came.
  std::string call_json(std::string_view method, std::string_view arguments) const;

  /// The same for a method that returns a stream, whose items come in JSON, one text each.
  /// @throws SignatureMismatch  the method returns no stream; else as above.
  Stream<std::string> stream_json(std::string_view method, std::string_view arguments) const;

  /// The published interface; asked for at the first use.
  InterfaceSchema schema() const;

  /// Does nothing at the object; returns when it answers.
  void ping() const;

  // Each of the following gives another proxy of the same object; see Proxy.

  /// @throws std::invalid_argument  timeout is not positive.
  AnyProxy with_timeout(std::chrono::milliseconds timeout) const;
  AnyProxy oneway() const;
  AnyProxy sticky() const;
  AnyProxy waiting() const;
  AnyProxy no_wait() const;
  AnyProxy retried() const;
  AnyProxy over(Path path) const;
  AnyProxy annotated(Annotations notes, Annotations* answered = nullptr) const;

  const std::string& name() const noexcept { return target_.object; }

 private:
  struct Cache;
  /// Text of any kind travels as a string.
  template <class A>
  using Sent =
      std::conditional_t<std::is_convertible_v<const A&, std::string_view>, std::string, const A&>;

  using Take = detail::FunctionRef<void(std::span<const std::byte> result,
                                        const Signature& signature, const TypeTable& types)>;

  std::shared_ptr<const InterfaceSchema> fetch() const;
  void call_with_json(std::string_view method, std::string_view arguments, Take take) const;
  detail::CallMethod check(std::string_view method, const Signature& mine, const TypeTable& types,
                           bool any_result) const;
  template <class Call>
  auto with_fresh_schema(Call&& call) const;
  void forget() const;

  detail::CallTarget target_;
  std::shared_ptr<Cache> cache_;
};

template <class Call>
auto AnyProxy::with_fresh_schema(Call&& call) const {
  try {
    return call();
  } catch (const SignatureMismatch&) {
  } catch (const MethodNotFound&) {
  }
  forget();  // the server may have changed since; nothing has run
  return call();
}

template <class R, class... A>
R AnyProxy::call(std::string_view method, const A&... arguments) const {
  TypeTable types;
  const Signature mine =
      signature_of<R, std::remove_cvref_t<Sent<A>>...>(types, std::string(method));
  return with_fresh_schema([&]() -> R {
    const detail::CallMethod checked = check(method, mine, types, std::is_void_v<R>);
    const std::tuple<Sent<A>...> sent(arguments...);
    return std::apply(
        [&](const auto&... values) {
          if constexpr (std::is_void_v<R>) {  // whatever the result is, it is not looked at
            detail::call(
                target_, checked, detail::extent_of(values...),
                [&](std::span<std::byte> into) { encode(into, values...); },
                [](std::span<const std::byte>, ByteOwner*) {});
          } else {
            return detail::invoke<R>(target_, checked, values...);
          }
        },
        sent);
  });
}

}  // namespace rmi
