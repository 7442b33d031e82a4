// How a method wants to be called.
#pragma once

#include <chrono>

namespace rmi {

/// Longest timeout that a method may ask for.
inline constexpr std::chrono::milliseconds max_method_timeout = std::chrono::hours(30 * 24);

/// What RMI_INTERFACE says about a method beside its signature, and what the schema publishes. It
/// changes how a call is made, never whether its payload can be decoded.
struct MethodTraits {
  bool oneway = false;      ///< the caller does not wait, and nothing comes back
  bool idempotent = false;  ///< running it twice does what running it once does: may be retried
  std::chrono::milliseconds timeout{0};  ///< instead of the proxy's own; 0: none given

  friend constexpr bool operator==(const MethodTraits&, const MethodTraits&) = default;
};

}  // namespace rmi
