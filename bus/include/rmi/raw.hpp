// Objects and proxies whose arguments stay encoded: for dispatchers and gateways.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <rmi/blob.hpp>
#include <rmi/bus.hpp>
#include <rmi/detail/object.hpp>
#include <rmi/future.hpp>

namespace rmi {

/// A call as it came: which method, which signature its caller was built against, the arguments.
struct RawCall {
  std::string method;
  std::uint32_t signature = 0;  ///< hash, see docs/payload.md; passed on as it came
  Blob payload;                 ///< encoded arguments; passed on without a copy when large
};

/// An object that takes every call without knowing its types, to pass it on or to answer it in
/// another way. To be served like any object: `daemon.serve("front", std::make_shared<Front>())`.
class RawObject {
 public:
  virtual ~RawObject() = default;
  /// @return the encoded result, now or later; what the future or this throws goes to the caller.
  virtual Future<Blob> call(const RawCall& call) = 0;
  /// The interface that callers see, as rmi::RawProxy::schema() gives it; empty if that is unknown.
  /// Asked for once, when the object is served.
  virtual std::string schema() { return {}; }
};

/// The caller's side of the same. A value; thread safe. Lifetime: borrows the Bus.
class RawProxy {
 public:
  /// @param object  as of Proxy. @throws UriError
  RawProxy(Bus& bus, std::string_view object);

  /// Passes the call on, with the time and the notes of the call that this thread answers, if it
  /// answers one. @return the encoded result. The future throws as a call does.
  Future<Blob> call(const RawCall& call) const;
  /// The interface that the object publishes, as text. @throws as a call.
  std::string schema() const;

 private:
  detail::CallTarget target_;
};

namespace detail {
ObjectDescription describe_raw(std::shared_ptr<RawObject> object);
}  // namespace detail

}  // namespace rmi
