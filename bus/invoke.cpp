// The untyped middle of a call, between proxy and connection.
#include <rmi/detail/invoke.hpp>

#include <fmt/format.h>

#include <rmi/errors.hpp>
#include <rmi/uri.hpp>

#include "bus/connection.hpp"

namespace rmi::detail {

std::string object_name(const Bus& bus, std::string_view text) {
  const Uri uri = Uri::parse(text);
  if (uri.kind() != Uri::Kind::name)
    throw UriError(fmt::format(
        "'{}' does not name an object of a broker; expected a name or rminame:NAME", text));
  if (uri.endpoint() && *uri.endpoint() != Endpoint::parse(bus.broker()))
    throw UriError(fmt::format(
        "'{}' is at another broker than the {} that this bus is connected to; use a bus of its own",
        text, bus.broker()));
  return uri.name();
}

std::chrono::milliseconds checked_timeout(std::chrono::milliseconds timeout) {
  if (timeout <= std::chrono::milliseconds::zero())
    throw std::invalid_argument(
        fmt::format("the timeout of a call must be positive, got {} ms", timeout.count()));
  return timeout;
}

void call(const CallTarget& target, const CallMethod& method, std::size_t payload_size,
          FunctionRef<void(std::span<std::byte>)> encode,
          FunctionRef<void(std::span<const std::byte>)> decode) {
  const CallSpec spec{.object = target.object,
                      .method = method.name,
                      .signature = method.signature,
                      .timeout = target.timeout,
                      .payload_size = payload_size};
  Frame reply;
  try {
    reply = target.bus->connection().call(spec, encode);
  } catch (const SignatureMismatch& mismatch) {  // the server's text has its half only
    if (method.print == nullptr) throw;
    throw SignatureMismatch(
        fmt::format("{}, caller has {}", mismatch.what(), method.print(method.name)));
  }
  try {
    decode(wire::payload_of(reply));
  } catch (const DecodeError& error) {
    throw ProtocolError(fmt::format("{}.{} ran, but its result cannot be decoded: {}",
                                    target.object, method.name, error.what()),
                        Outcome::executed);
  }
}

}  // namespace rmi::detail
