// A local stand-in for an object that is served elsewhere.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rmi/detail/members.hpp>
#include <rmi/detail/reference_wire.hpp>
#include <rmi/errors.hpp>

namespace rmi {

/// Calls the methods of an object that a daemon somewhere on the bus serves:
/// `server->welcome_message("Rashmi")`.
///
/// A value: copies stand for the same object; it can itself be an argument or a result. An empty
/// one stands for no object. Lifetime: borrows the Bus, which must outlive it.
/// Thread safety: thread safe, but for assignment; calls of one thread arrive in the order in which
/// they were made. Cost: a name and some pointers. Construction does no I/O, so it cannot tell
/// whether the object exists.
template <class Interface>
class Proxy {
  static_assert(detail::has_interface<Interface>,
                "rmi: this class has no RMI_INTERFACE(Class, methods...) in its namespace, after "
                "the class");
  using Definition = detail::Interface<Interface>;

 public:
  Proxy() = default;
  /// @param object  a name, a `rminame:` or a `rmimeta:` URI.
  /// @throws UriError  it is malformed, or names another broker than the bus.
  Proxy(Bus& bus, std::string_view object) : target_(detail::target_of(bus, object)) {}

  /// The methods. Each blocks until the result is there and ends by the timeout with the result,
  /// with what the method threw, or with an error of <rmi/errors.hpp> that says whether it ran.
  /// A method that is `rmi::oneway` returns when the call was handed over.
  auto operator->() const { return Arrow<typename Definition::RmiStub>{{target()}}; }

  /// The methods, without waiting: each gives a Future of its result. Thousands may be under way.
  ///
  ///     rmi::Future<int> sum = calculator.async()->add(1, 2);
  auto async() const { return Arrow<typename Definition::RmiAsyncStub>{{target()}}; }

  // Each of the following gives another proxy of the same object, for one call or for many:
  // `server.with_timeout(2s)->welcome_message("Rashmi")`.

  /// @param timeout  longest wait from send to reply, queueing included; must be positive.
  /// @throws std::invalid_argument  timeout is not positive.
  Proxy with_timeout(std::chrono::milliseconds timeout) const {
    return with([&](detail::CallTarget& target) {
      target.timeout = detail::checked_timeout(timeout);
      target.own_timeout = true;
    });
  }
  /// Calls return when they were handed over; results and errors of the methods are thrown away
  /// here (the daemon logs errors). Results are default-constructed.
  Proxy oneway() const {
    return with([](detail::CallTarget& target) { target.oneway = true; });
  }
  /// Of several daemons that share the name always the same one, as long as it lives.
  Proxy sticky() const {
    return with([](detail::CallTarget& target) { target.sticky = true; });
  }
  /// Calls wait, within their timeout, for a name that is not there yet.
  Proxy waiting() const {
    return with([](detail::CallTarget& target) { target.wait_for_name = true; });
  }
  /// Calls fail at once, without having run, where others would wait within their timeout: as
  /// NotConnected when there is no session with the broker at this moment, as Draining or
  /// NameNotFound when the object is just being replaced.
  Proxy no_wait() const {
    return with([](detail::CallTarget& target) { target.no_wait = true; });
  }
  /// Calls that are lost, so that nobody knows whether they ran, are made again within their
  /// timeout, as those of rmi::idempotent methods are; but the object, which must keep replies
  /// (ServeOptions::kept_replies), runs each of them once at most. The first call asks it for a
  /// ticket, and waits for that also where it gives a future. Not for oneways.
  Proxy retried() const {
    return with([](detail::CallTarget& target) { target.retried = true; });
  }
  /// See Path.
  Proxy over(Path path) const {
    return with([&](detail::CallTarget& target) { target.path = path; });
  }
  /// Calls carry notes, which the method sees in its rmi::context().
  /// @param answered  gets the notes that the method leaves; null to throw them away. Is written by
  ///                  the calling thread, by blocking calls only. Lifetime: borrowed.
  Proxy annotated(Annotations notes, Annotations* answered = nullptr) const {
    return with([&](detail::CallTarget& target) {
      target.annotations = std::make_shared<const Annotations>(std::move(notes));
      target.answered = answered;
    });
  }

  /// Blocks until the object is served. @throws TimeoutError, and as a call.
  void wait(std::chrono::milliseconds longest) const { detail::wait_for_name(target(), longest); }
  /// Does nothing at the object; returns when it answers.
  void ping() const { detail::invoke<void>(target(), {"rmi.ping"}); }

  /// Name of the object; empty for no object.
  const std::string& name() const noexcept { return target_.object; }
  std::chrono::milliseconds timeout() const noexcept { return target_.timeout; }
  explicit operator bool() const noexcept { return !target_.object.empty(); }
  friend bool operator==(const Proxy& a, const Proxy& b) noexcept {
    return a.target_.object == b.target_.object && a.target_.bus == b.target_.bus;
  }

  /// For the library itself. @throws std::logic_error  it is empty.
  const detail::CallTarget& target() const {
    detail::require_remote(!target_.object.empty(), false);
    return target_;
  }

  template <class Archive>
  void save(Archive& ar) const {
    if constexpr (detail::sizes_only<Archive>)
      ar(detail::reference_to_size(target_.object, false));
    else
      ar(detail::send_name(target_));
  }
  template <class Archive>
  void load(Archive& ar) {
    std::string object;
    ar(object);
    target_ = detail::receive_reference(std::move(object));
  }

 private:
  /// Lives for one full expression: `server->` makes it, the call ends it.
  template <class Stub>
  struct Arrow {
    Stub stub;
    const Stub* operator->() const noexcept { return &stub; }
  };

  template <class Change>
  Proxy with(Change&& change) const {
    Proxy copy = *this;
    change(copy.target_);
    return copy;
  }

  detail::CallTarget target_;
};

namespace detail {

template <class I>
struct Reflect<Proxy<I>> {
  static constexpr Unfit unfit = Unfit::no;
  static constexpr bool ok = true;
  static Type make(TypeTable&) { return make_ref(type_name<I>()); }
};

}  // namespace detail
}  // namespace rmi
