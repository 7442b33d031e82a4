// Reads and prints tcp:// and ipc:// endpoints.
#include <rmi/endpoint.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>

#include "bus/endpoint_reader.hpp"
#include "bus/name_rules.hpp"

namespace rmi {
namespace {

constexpr std::string_view forms = "expected tcp://HOST:PORT or ipc://PATH";
constexpr std::size_t longest_ipc_path = 107;  // sun_path of sockaddr_un, less its final zero

// Not <cctype>: those depend on the locale.
bool letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

bool host_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return letter(c) || digit(c) || c == '-' || c == '_'; });
}

bool host_name(std::string_view host) noexcept {
  if (host.size() > 253) return false;
  for (std::size_t at = 0; at <= host.size();) {
    const std::size_t end = std::min(host.find('.', at), host.size());
    if (!host_label(host.substr(at, end - at))) return false;
    at = end + 1;
  }
  return true;
}

bool ipv6_text(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

bool zone(std::string_view name) noexcept {
  return !name.empty() && name.size() < 16 && std::all_of(name.begin(), name.end(), [](char c) {
    return letter(c) || digit(c) || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

std::size_t transport_length(std::string_view text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return letter(c) || digit(c) || c == '+' || c == '-' || c == '.';
  });
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length != 0 && letter(text[0]) && text.substr(length).starts_with("://") ? length : 0;
}

bool is_word(std::string_view text, std::string_view word) noexcept {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return lower(a) == b; });
}

void EndpointReader::refuse(const std::string& complaint) const {
  throw UriError(fmt::format("{} {}: {}", lead, quoted(input), complaint));
}

Endpoint EndpointReader::read(std::string_view text) const {
  const std::size_t length = transport_length(text);
  if (length == 0) refuse(fmt::format("no transport; {}", forms));
  const std::string_view transport = text.substr(0, length);
  const std::string_view rest = text.substr(length + 3);
  if (is_word(transport, "tcp")) return read_tcp(rest);
  if (is_word(transport, "ipc")) return read_ipc(rest);
  refuse(fmt::format("unknown transport {}; {}", quoted(transport), forms));
}

Endpoint EndpointReader::read_tcp(std::string_view rest) const {
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos)
      refuse("no ']' after the IPv6 address; expected tcp://[ADDRESS]:PORT");
    const std::string_view tail = rest.substr(end + 1);
    if (tail.empty()) refuse("no port; expected tcp://[ADDRESS]:PORT");
    if (tail.front() != ':')
      refuse(fmt::format("{} follows the ']'; expected tcp://[ADDRESS]:PORT", quoted(tail)));
    std::string address = read_ipv6(rest.substr(1, end - 1));
    return Endpoint(Endpoint::Transport::tcp, std::move(address), read_port(tail.substr(1)));
  }
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) refuse("no port; expected tcp://HOST:PORT");
  std::string host = read_host(rest.substr(0, colon));
  return Endpoint(Endpoint::Transport::tcp, std::move(host), read_port(rest.substr(colon + 1)));
}

std::string EndpointReader::read_host(std::string_view host) const {
  if (host.empty()) refuse("the host is empty; expected tcp://HOST:PORT");
  if (host == "*") {
    if (!listen) refuse("the host '*' is for listening only; expected the host to connect to");
    return "*";
  }
  if (host.find(':') != std::string_view::npos && ipv6_text(host.substr(0, host.find('%'))))
    refuse("an IPv6 address needs brackets; expected tcp://[ADDRESS]:PORT");
  if (std::all_of(host.begin(), host.end(), [](char c) { return digit(c) || c == '.'; })) {
    in_addr address{};
    if (inet_pton(AF_INET, std::string(host).c_str(), &address) != 1)
      refuse(fmt::format("{} is not an IPv4 address; expected four numbers from 0 to 255",
                         quoted(host)));
    return std::string(host);
  }
  if (!host_name(host))
    refuse(
        fmt::format("{} is not a host name; expected words of letters, digits, '_' and inner "
                    "'-', joined by '.'",
                    quoted(host)));
  return lower(host);
}

std::string EndpointReader::read_ipv6(std::string_view address) const {
  const std::size_t percent = std::min(address.find('%'), address.size());
  const std::string_view tail = address.substr(percent);
  const std::string number(address.substr(0, percent));
  in6_addr bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if ((!tail.empty() && !zone(tail.substr(1))) || !ipv6_text(number) ||
      inet_pton(AF_INET6, number.c_str(), &bytes) != 1 ||
      inet_ntop(AF_INET6, &bytes, text.data(), text.size()) == nullptr)
    refuse(
        fmt::format("{} is not an IPv6 address; expected tcp://[ADDRESS]:PORT", quoted(address)));
  return text.data() + std::string(tail);
}

std::uint16_t EndpointReader::read_port(std::string_view port) const {
  if (port.empty()) refuse("the port is empty; expected a number from 1 to 65535");
  if (port == "*" && !listen)
    refuse("the port '*' is for listening only; expected a number from 1 to 65535");
  if (port == "*") return 0;
  if (!std::all_of(port.begin(), port.end(), digit))
    refuse(fmt::format("the port {} is not a number; expected 1 to 65535", quoted(port)));
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || (number == 0 && !listen))
    refuse(fmt::format("the port {} is out of range; expected 1 to 65535", quoted(port)));
  return number;
}

Endpoint EndpointReader::read_ipc(std::string_view path) const {
  if (path.empty()) refuse("the ipc path is empty; expected ipc://PATH");
  if (path == "*" && !listen)
    refuse("the ipc path '*' is for listening only; expected the path to connect to");
  if (path.size() > longest_ipc_path)
    refuse(
        fmt::format("the ipc path has {} bytes; expected 1 to {}", path.size(), longest_ipc_path));
  if (const auto fault = name_fault(path, "ipc path")) refuse(*fault);
  return Endpoint(Endpoint::Transport::ipc, std::string(path), 0);
}

Endpoint Endpoint::parse(std::string_view text) {
  return EndpointReader{.lead = "bad endpoint", .input = text}.read(text);
}

Endpoint Endpoint::parse_listen(std::string_view text) {
  return EndpointReader{.lead = "bad endpoint", .input = text, .listen = true}.read(text);
}

std::string Endpoint::str() const {
  if (transport_ == Transport::ipc) return "ipc://" + address_;
  const bool ipv6 = address_.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + address_ + "]" : address_;
  return "tcp://" + host + ":" + (port_ == 0 ? "*" : std::to_string(port_));
}

bool is_loopback(const Endpoint& endpoint) noexcept {
  if (endpoint.transport() == Endpoint::Transport::ipc) return true;
  const std::string& host = endpoint.address();
  in_addr address{};
  const bool mapped = host.starts_with("::ffff:");  // IPv4 in IPv6, as inet_ntop prints it
  const char* ipv4 = host.c_str() + (mapped ? 7 : 0);
  if (inet_pton(AF_INET, ipv4, &address) == 1) return (ntohl(address.s_addr) >> 24U) == 127;
  return host == "localhost" || host == "::1";
}

std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint) {
  return out << endpoint.str();
}

}  // namespace rmi

std::size_t std::hash<rmi::Endpoint>::operator()(const rmi::Endpoint& endpoint) const noexcept {
  return std::hash<std::string>()(endpoint.address()) * 31U + endpoint.port();
}
