// Objects passed by reference: what travels is a name that its holder can call.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rmi/detail/deferred.hpp>
#include <rmi/detail/object.hpp>
#include <rmi/detail/reference_wire.hpp>
#include <rmi/proxy.hpp>

namespace rmi {

/// Whether calls of an object may overlap.
enum class Overlap : bool {
  no,   ///< one at a time
  yes,  ///< the object is safe to be called from several threads
};

/// An object that is passed, or returned, by reference: the other side gets something to call,
/// over the connection that is there already.
///
/// The object lives as long as somebody holds the reference. A holder's reference ends when its
/// last copy goes, or with the holder's session. Objects travel only within calls.
/// A value; the empty one stands for no object. Thread safety: thread safe, but for assignment.
template <class I>
class Ref {
  static_assert(detail::has_interface<I>,
                "rmi: this class has no RMI_INTERFACE(Class, methods...) in its namespace, after "
                "the class; for an object of a derived class say Ref<Base>(...)");

 public:
  Ref() = default;
  /// Of an object of this process, to be sent. A null pointer makes an empty reference.
  Ref(std::shared_ptr<I> object, Overlap overlap = Overlap::no)
      : local_(std::move(object)), overlap_(overlap) {}
  template <class Derived>
  requires(!std::is_same_v<Derived, I> && std::is_convertible_v<Derived*, I*>)
      Ref(std::shared_ptr<Derived> object, Overlap overlap = Overlap::no)
      : Ref(std::shared_ptr<I>(std::move(object)), overlap) {}
  /// Of an object that is served somewhere, to be passed on.
  Ref(Proxy<I> proxy) : proxy_(std::move(proxy)) {}

  explicit operator bool() const noexcept { return local_ != nullptr || !proxy_.name().empty(); }
  /// The object itself, if it was not received; else null.
  const std::shared_ptr<I>& local() const noexcept { return local_; }
  /// The object as a proxy. @throws std::logic_error  it is empty, or an object of this process
  /// that was not sent anywhere: call that directly, through local().
  const Proxy<I>& proxy() const {
    detail::require_remote(!proxy_.name().empty(), local_ != nullptr);
    return proxy_;
  }
  /// Calls the object, as a proxy does. @throws as proxy(), and as a proxy.
  auto operator->() const { return proxy().operator->(); }

  template <class Archive>
  void save(Archive& ar) const {
    if constexpr (detail::sizes_only<Archive>) {
      ar(detail::reference_to_size(proxy_.name(), local_ != nullptr));
    } else {
      ar(local_ ? detail::send_object(
                      {local_.get(), typeid(I)}, [&] { return detail::describe<I>(local_); },
                      overlap_ == Overlap::yes)
                : detail::send_name(proxy_ ? proxy_.target() : detail::CallTarget{}));
    }
  }
  template <class Archive>
  void load(Archive& ar) {
    local_ = nullptr;
    ar(proxy_);
  }

 private:
  std::shared_ptr<I> local_;
  Overlap overlap_ = Overlap::no;
  Proxy<I> proxy_;
};

template <class Signature>
class Callback;

/// A function that is passed by reference: whoever gets it can call it, and it runs here.
///
///     void subscribe(rmi::Callback<void(int)> on_change);              // the method
///     thermometer->subscribe([](int degrees) { ... });                  // its caller
///
/// What it throws arrives at whoever called it. Lifetime and thread safety as of Ref.
template <class R, class... A>
class Callback<R(A...)> {
  struct Function {
    std::function<R(A...)> function;
    R call(A... arguments) { return function(std::move(arguments)...); }
  };
  struct Listed {
    static constexpr auto get() { return detail::list_member("call", {}); }
  };

 public:
  Callback() = default;
  /// @param overlap  whether the function may be called from several threads at once.
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> && std::is_invocable_r_v<R, F&, A...>)
      Callback(F&& function, Overlap overlap = Overlap::no)
      : local_(std::make_shared<Function>(Function{std::forward<F>(function)})),
        overlap_(overlap) {}

  explicit operator bool() const noexcept { return local_ != nullptr || !target_.object.empty(); }

  /// Calls the function where it is. @throws std::logic_error  it is empty; else as a proxy.
  typename detail::CallerType<R>::type operator()(A... arguments) const {
    if (local_) return local_->call(std::move(arguments)...);
    detail::require_remote(!target_.object.empty(), false);
    using Sign = detail::Signed<&Function::call>;
    return detail::invoke<typename detail::CallerType<R>::type>(
        target_, {"call", Sign::hash(), &Sign::print}, arguments...);
  }
  /// Calls it without waiting for it to run: see rmi::oneway.
  void post(A... arguments) const requires std::is_void_v<R> {
    if (local_) return local_->call(std::move(arguments)...);
    detail::require_remote(!target_.object.empty(), false);
    detail::CallTarget target = target_;
    target.oneway = true;
    using Sign = detail::Signed<&Function::call>;
    detail::invoke<void>(target, {"call", Sign::hash(), &Sign::print}, arguments...);
  }

  template <class Archive>
  void save(Archive& ar) const {
    if constexpr (detail::sizes_only<Archive>) {
      ar(detail::reference_to_size(target_.object, local_ != nullptr));
    } else {
      ar(local_ ? detail::send_object(
                      {local_.get(), typeid(Callback)}, [&] { return describe(); },
                      overlap_ == Overlap::yes)
                : detail::send_name(target_));
    }
  }
  template <class Archive>
  void load(Archive& ar) {
    local_ = nullptr;
    std::string name;
    ar(name);
    target_ = detail::receive_reference(std::move(name));
  }

 private:
  detail::ObjectDescription describe() const {
    detail::ObjectDescription description;
    description.instance = local_;
    detail::EntryList entries;
    entries.begin(&detail::type_identity<Function>, "callback", {});
    detail::EnteredMethod<Function, Function, &Function::call, Listed>{entries};
    description.described =
        entries.take(std::array<const void*, 1>{&detail::type_identity<Function>});
    return description;
  }

  std::shared_ptr<Function> local_;
  Overlap overlap_ = Overlap::no;
  detail::CallTarget target_;
};

namespace detail {

template <class I>
struct Reflect<Ref<I>> : Reflect<Proxy<I>> {};

template <class R, class... A>
struct Reflect<Callback<R(A...)>> {
  static constexpr Unfit unfit = Unfit::no;
  static constexpr bool ok = true;
  static Type make(TypeTable& types) {
    return make_callback({reflect<std::remove_cvref_t<A>>(types)...},
                         reflect<typename CallerType<R>::type>(types));
  }
};

/// An object of a class with an interface is returned by reference.
template <class J>
requires has_interface<J>
struct Answering<std::shared_ptr<J>> {
  static void send(ReplySink& reply, const std::shared_ptr<J>& result) {
    Answering<Ref<J>>::send(reply, Ref<J>(result));
  }
};
template <class J>
requires has_interface<J>
struct Answering<std::vector<std::shared_ptr<J>>> {
  static void send(ReplySink& reply, const std::vector<std::shared_ptr<J>>& result) {
    const std::vector<Ref<J>> references(result.begin(), result.end());
    Answering<std::vector<Ref<J>>>::send(reply, references);
  }
};

}  // namespace detail
}  // namespace rmi
