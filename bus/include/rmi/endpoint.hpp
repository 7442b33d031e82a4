// Where a broker or a daemon listens: tcp://HOST:PORT or ipc://PATH.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace rmi {

/// A malformed URI or endpoint. The text names the input, what is wrong with it and what was
/// expected.
class UriError : public std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// The address of one socket, normalised. A value: copies, compares, hashes and prints; printing
/// and parsing are inverses.
///
/// tcp: a host name or IPv4 address (printed in lower case), or an IPv6 address in brackets
/// (printed in its shortest form), and a port of 1 to 65535. ipc: all that follows `ipc://` is the
/// path, spaces and '@' too: 1 to 107 bytes of UTF-8 (what a Unix socket address can hold), with a
/// '@' in front an abstract name of Linux. Schemes may be in any case.
class Endpoint {
 public:
  enum class Transport : std::uint8_t { tcp, ipc };

  /// An endpoint to connect to. @throws UriError
  static Endpoint parse(std::string_view text);
  /// An endpoint to listen at: the host, the port or an ipc path may be `*` too, for all
  /// interfaces or for a free one; port 0 means port `*`. @throws UriError
  static Endpoint parse_listen(std::string_view text);

  Transport transport() const noexcept { return transport_; }
  /// Host of a tcp endpoint without brackets, or path of an ipc one.
  const std::string& address() const noexcept { return address_; }
  /// 0 for `*` and for ipc.
  std::uint16_t port() const noexcept { return port_; }
  /// As libzmq takes it.
  std::string str() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;

 private:
  friend struct EndpointReader;
  Endpoint(Transport transport, std::string address, std::uint16_t port)
      : transport_(transport), address_(std::move(address)), port_(port) {}

  Transport transport_;
  std::string address_;
  std::uint16_t port_;
};

/// Whether only this machine can reach it: ipc, 127.0.0.0/8, ::1 (also ::ffff:127.x.y.z) and
/// localhost. Looks nothing up: any other host name counts as remote.
bool is_loopback(const Endpoint& endpoint) noexcept;

std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint);

}  // namespace rmi

template <>
struct std::hash<rmi::Endpoint> {
  std::size_t operator()(const rmi::Endpoint& endpoint) const noexcept;
};
