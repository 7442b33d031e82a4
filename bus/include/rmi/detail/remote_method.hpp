// The caller's side of one method or property: an object that is called like it.
#pragma once

#include <rmi/detail/call_mode.hpp>
#include <rmi/detail/method.hpp>
#include <rmi/extras.hpp>

namespace rmi::detail {

/// Lives in a stub, and for as long as it.
/// @tparam Info  has the name and the traits: they cost no instruction when a stub is made.
template <class Mode, auto Method, class Info, class P = ArgumentsOf<Method>>
class RemoteMethod;

template <class Mode, auto Method, class Info, class... A>
class RemoteMethod<Mode, Method, Info, Pack<A...>> {
 public:
  explicit RemoteMethod(typename Mode::Target& target) : target_(target) {}

  /// Takes what the method takes. The result comes by value, in the way of the mode.
  /// @throws the classes of <rmi/errors.hpp>, and what the method threw.
  auto operator()(A... arguments) const {
    static constexpr auto listed = Info::get();
    using Sign = Signed<Method>;
    using Result = typename CallerType<ResultOf<Method>>::type;
    return Mode::template call<Result>(
        target_, CallMethod{listed.name, Sign::hash(), &Sign::print, listed.traits}, arguments...);
  }

 private:
  typename Mode::Target& target_;
};

/// `p->level()` reads, `p->level(5)` sets.
template <class Mode, class Access, class Info>
class RemoteProperty {
  using Value = typename Access::Value;

 public:
  explicit RemoteProperty(typename Mode::Target& target) : target_(target) {}

  auto operator()() const {
    static constexpr auto listed = Info::get();
    using Sign = SignatureOf<Value>;
    return Mode::template call<typename CallerType<Value>::type>(
        target_, CallMethod{listed.name, Sign::hash(), &Sign::print, listed.traits});
  }
  auto operator()(const Value& value) const {
    static_assert(Access::settable,
                  "rmi: this property is read-only: it is const, has no setter, or is listed with "
                  "rmi::readonly");
    static constexpr auto listed = Info::get();
    using Sign = SignatureOf<void, Value>;
    return Mode::template call<void>(
        target_, CallMethod{listed.assign_name, Sign::hash(), &Sign::print, listed.traits}, value);
  }

 private:
  typename Mode::Target& target_;
};

}  // namespace rmi::detail
