// From typed arguments to the connection and back: the caller's half of a call.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <rmi/archive.hpp>
#include <rmi/bus.hpp>
#include <rmi/detail/function_ref.hpp>

namespace rmi::detail {

/// Which object, over which bus, within what time.
struct CallTarget {
  Bus* bus;
  std::string object;
  std::chrono::milliseconds timeout;
};

/// Which method, and the signature that this program was built against.
struct CallMethod {
  std::string_view name;
  std::uint32_t signature = 0;                       ///< its hash; 0 for reserved methods
  std::string (*print)(std::string_view) = nullptr;  ///< the signature as text, for error texts
};

/// Bus name of the object that an URI or a bare word stands for.
/// @throws UriError  it is malformed, or names another broker than the bus is connected to.
std::string object_name(const Bus& bus, std::string_view uri);

/// @throws std::invalid_argument  the timeout is not positive.
std::chrono::milliseconds checked_timeout(std::chrono::milliseconds timeout);

/// The part of a call that needs no types. `decode` gets the payload of the reply.
/// @throws the classes of <rmi/errors.hpp>, and what the method threw.
void call(const CallTarget& target, const CallMethod& method, std::size_t payload_size,
          FunctionRef<void(std::span<std::byte>)> encode,
          FunctionRef<void(std::span<const std::byte>)> decode);

/// Calls with these arguments and returns the result by value.
template <class R, class... A>
R invoke(const CallTarget& target, const CallMethod& method, const A&... arguments) {
  const auto write = [&](std::span<std::byte> into) { encode(into, arguments...); };
  if constexpr (std::is_void_v<R>) {
    call(target, method, encoded_size(arguments...), write,
         [](std::span<const std::byte> from) { decode(from, DecodeLimits{}); });
  } else {
    static_assert(std::is_default_constructible_v<R>,
                  "rmi: the result type of a remote method needs a default constructor");
    R result{};
    call(target, method, encoded_size(arguments...), write,
         [&](std::span<const std::byte> from) { decode(from, DecodeLimits{}, result); });
    return result;
  }
}

}  // namespace rmi::detail
