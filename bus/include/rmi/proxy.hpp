// A local stand-in for an object that is served elsewhere.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <rmi/errors.hpp>
#include <rmi/interface.hpp>

namespace rmi {

/// Calls the methods of an object that a daemon somewhere on the bus serves:
/// `server->welcome_message("Rashmi")`.
///
/// A value: copies stand for the same object. Lifetime: borrows the Bus, which must outlive it.
/// Thread safety: thread safe; calls of one thread arrive in the order in which they were made.
/// Cost: a name and a pointer. Construction does no I/O, so it cannot tell whether the object
/// exists.
template <class Interface>
class Proxy {
  static_assert(detail::has_interface<Interface>,
                "rmi: this class has no RMI_INTERFACE(Class, methods...) in its namespace, after "
                "the class");
  using Definition = detail::Interface<Interface>;

 public:
  /// @param object  a name, or a `rminame:` URI.
  /// @throws UriError  it is malformed, or names another broker than the bus.
  Proxy(Bus& bus, std::string_view object)
      : target_{&bus, detail::object_name(bus, object), bus.timeout()} {}

  /// The methods. Each blocks until the result is there and ends by the timeout with the result,
  /// with what the method threw, or with an error of <rmi/errors.hpp> that says whether it ran.
  auto operator->() const { return Arrow{{target_}}; }

  /// A proxy of the same object with another timeout, for one call or for many:
  /// `server.with_timeout(2s)->welcome_message("Rashmi")`.
  /// @param timeout  longest wait from send to reply, queueing included; must be positive.
  /// @throws std::invalid_argument  timeout is not positive.
  Proxy with_timeout(std::chrono::milliseconds timeout) const {
    Proxy copy = *this;
    copy.target_.timeout = detail::checked_timeout(timeout);
    return copy;
  }

  /// Name the object is served under.
  const std::string& name() const noexcept { return target_.object; }
  std::chrono::milliseconds timeout() const noexcept { return target_.timeout; }

 private:
  /// Lives for one full expression: `server->` makes it, the call ends it.
  struct Arrow {
    typename Definition::RmiStub stub;
    const typename Definition::RmiStub* operator->() const noexcept { return &stub; }
  };

  detail::CallTarget target_;
};

}  // namespace rmi
