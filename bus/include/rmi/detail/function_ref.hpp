// A borrowed callable: two pointers, no allocation.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace rmi::detail {

template <class Signature>
class FunctionRef;

/// Refers to any callable with this signature. Lifetime: borrows it; for parameters only.
template <class R, class... A>
class FunctionRef<R(A...)> {
 public:
  // Implicit is the point; what clang-tidy misses is the `requires` that leaves out FunctionRef.
  // NOLINTBEGIN(bugprone-forwarding-reference-overload,google-explicit-constructor)
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
           std::is_invocable_r_v<R, F&, A...>) FunctionRef(F&& callable)
  noexcept
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, A... arguments) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<A>(arguments)...);
        }) {}
  // NOLINTEND(bugprone-forwarding-reference-overload,google-explicit-constructor)

  R operator()(A... arguments) const { return call_(object_, std::forward<A>(arguments)...); }

 private:
  void* object_;
  R (*call_)(void*, A...);
};

}  // namespace rmi::detail
