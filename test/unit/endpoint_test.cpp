// Endpoints: how they print, which are local, and the exact complaint about each malformed one.
#include <rmi/endpoint.hpp>

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

using rmi::Endpoint;
using namespace std::string_literals;

namespace {
template <class Fn>
std::string complaint(Fn&& fn) {
  try {
    fn();
  } catch (const rmi::UriError& error) {
    return error.what();
  }
  return "(no complaint)";
}
}  // namespace

TEST_CASE("an endpoint prints in its normal form") {
  const std::vector<std::pair<std::string, std::string>> forms{
      {"tcp://localhost:7766", "tcp://localhost:7766"},
      {"TCP://Alpha.Example.ORG:80", "tcp://alpha.example.org:80"},
      {"tcp://build_host-3:1", "tcp://build_host-3:1"},
      {"tcp://127.0.0.1:65535", "tcp://127.0.0.1:65535"},
      {"tcp://h:00080", "tcp://h:80"},
      {"tcp://[::1]:7766", "tcp://[::1]:7766"},
      {"tcp://[2001:DB8:0:0:0:0:0:1]:7766", "tcp://[2001:db8::1]:7766"},
      {"tcp://[fe80::1%eth0]:7766", "tcp://[fe80::1%eth0]:7766"},
      {"ipc:///run/rmi/broker", "ipc:///run/rmi/broker"},
      {"IPC:///tmp/with space/a@b:c", "ipc:///tmp/with space/a@b:c"},
      {"ipc://@abstract", "ipc://@abstract"},
      {"ipc://" + std::string(107, 'p'), "ipc://" + std::string(107, 'p')},
  };
  for (const auto& [text, printed] : forms) {
    const Endpoint endpoint = Endpoint::parse(text);
    CHECK(endpoint.str() == printed);
    CHECK(Endpoint::parse(printed) == endpoint);
    CHECK(Endpoint::parse_listen(text) == endpoint);
  }
}

TEST_CASE("the parts of an endpoint can be read") {
  const Endpoint tcp = Endpoint::parse("tcp://[::1]:7766");
  CHECK(tcp.transport() == Endpoint::Transport::tcp);
  CHECK(tcp.address() == "::1");
  CHECK(tcp.port() == 7766);
  const Endpoint ipc = Endpoint::parse("ipc:///tmp/x");
  CHECK(ipc.transport() == Endpoint::Transport::ipc);
  CHECK(ipc.address() == "/tmp/x");
  CHECK(ipc.port() == 0);
}

TEST_CASE("a listener may leave host, port or path to the system") {
  CHECK(Endpoint::parse_listen("tcp://*:7766").str() == "tcp://*:7766");
  CHECK(Endpoint::parse_listen("tcp://127.0.0.1:*").str() == "tcp://127.0.0.1:*");
  CHECK(Endpoint::parse_listen("tcp://127.0.0.1:0").str() == "tcp://127.0.0.1:*");
  CHECK(Endpoint::parse_listen("tcp://[::1]:*").str() == "tcp://[::1]:*");
  CHECK(Endpoint::parse_listen("ipc://*").str() == "ipc://*");
}

TEST_CASE("endpoints compare, hash and stream by value") {
  const Endpoint a = Endpoint::parse("tcp://h:1");
  const Endpoint b = Endpoint::parse("tcp://h:2");
  CHECK(a != b);
  CHECK(a < b);
  std::unordered_set<Endpoint> set{a, b, Endpoint::parse("TCP://H:1")};
  CHECK(set.size() == 2);
  std::ostringstream out;
  out << a;
  CHECK(out.str() == "tcp://h:1");
}

TEST_CASE("only what no other machine can reach is loopback") {
  for (const auto* text :
       {"tcp://127.0.0.1:1", "tcp://127.255.3.4:1", "tcp://[::1]:1", "tcp://[0:0:0:0:0:0:0:1]:1",
        "tcp://[::ffff:127.0.0.1]:1", "tcp://LocalHost:1", "ipc:///tmp/x", "ipc://@x", "ipc://*"}) {
    INFO(text);
    CHECK(rmi::is_loopback(Endpoint::parse_listen(text)));
  }
  for (const auto* text :
       {"tcp://*:1", "tcp://0.0.0.0:1", "tcp://128.0.0.1:1", "tcp://[::]:1", "tcp://[::2]:1",
        "tcp://[::ffff:10.0.0.1]:1", "tcp://[::127.0.0.1]:1", "tcp://lo:1",
        "tcp://localhost.example.org:1", "tcp://127.0.0.1.example.org:1", "tcp://alpha:1"}) {
    INFO(text);
    CHECK_FALSE(rmi::is_loopback(Endpoint::parse_listen(text)));
  }
}

TEST_CASE("a malformed endpoint is told what is wrong and what was expected") {
  const std::string host_form =
      "is not a host name; expected words of letters, digits, '_' and inner '-', joined by '.'";
  const std::vector<std::pair<std::string, std::string>> bad{
      {"", "no transport; expected tcp://HOST:PORT or ipc://PATH"},
      {"localhost:7766", "no transport; expected tcp://HOST:PORT or ipc://PATH"},
      {"tcp:/h:1", "no transport; expected tcp://HOST:PORT or ipc://PATH"},
      {"udp://h:1", "unknown transport 'udp'; expected tcp://HOST:PORT or ipc://PATH"},
      {"inproc://x", "unknown transport 'inproc'; expected tcp://HOST:PORT or ipc://PATH"},
      {"tcp://", "no port; expected tcp://HOST:PORT"},
      {"tcp://host", "no port; expected tcp://HOST:PORT"},
      {"tcp://:1", "the host is empty; expected tcp://HOST:PORT"},
      {"tcp://h:", "the port is empty; expected a number from 1 to 65535"},
      {"tcp://h:http", "the port 'http' is not a number; expected 1 to 65535"},
      {"tcp://h:1/x", "the port '1/x' is not a number; expected 1 to 65535"},
      {"tcp://h:-1", "the port '-1' is not a number; expected 1 to 65535"},
      {"tcp://h: 1", "the port ' 1' is not a number; expected 1 to 65535"},
      {"tcp://h:0", "the port '0' is out of range; expected 1 to 65535"},
      {"tcp://h:65536", "the port '65536' is out of range; expected 1 to 65535"},
      {"tcp://h:99999999999999999999",
       "the port '99999999999999999999' is out of range; expected 1 to 65535"},
      {"tcp://h:*", "the port '*' is for listening only; expected a number from 1 to 65535"},
      {"tcp://*:1", "the host '*' is for listening only; expected the host to connect to"},
      {"ipc://*", "the ipc path '*' is for listening only; expected the path to connect to"},
      {"tcp://256.0.0.1:1",
       "'256.0.0.1' is not an IPv4 address; expected four numbers from 0 to 255"},
      {"tcp://127.1:1", "'127.1' is not an IPv4 address; expected four numbers from 0 to 255"},
      {"tcp://::1:7766", "an IPv6 address needs brackets; expected tcp://[ADDRESS]:PORT"},
      {"tcp://[::1:7766", "no ']' after the IPv6 address; expected tcp://[ADDRESS]:PORT"},
      {"tcp://[::1]", "no port; expected tcp://[ADDRESS]:PORT"},
      {"tcp://[::1]7766", "'7766' follows the ']'; expected tcp://[ADDRESS]:PORT"},
      {"tcp://[1::2::3]:1", "'1::2::3' is not an IPv6 address; expected tcp://[ADDRESS]:PORT"},
      {"tcp://[127.0.0.1]:1", "'127.0.0.1' is not an IPv6 address; expected tcp://[ADDRESS]:PORT"},
      {"tcp://[::1%]:1", "'::1%' is not an IPv6 address; expected tcp://[ADDRESS]:PORT"},
      {"tcp://a b:1", "'a b' " + host_form},
      {"tcp://a..b:1", "'a..b' " + host_form},
      {"tcp://-a:1", "'-a' " + host_form},
      {"tcp://host.:1", "'host.' " + host_form},
      {"tcp://user@host:1", "'user@host' " + host_form},
      {"tcp://" + std::string(64, 'a') + ":1", "'" + std::string(64, 'a') + "' " + host_form},
      {"ipc://", "the ipc path is empty; expected ipc://PATH"},
      {"ipc://a\nb",
       "the ipc path 'a\\x0ab' has a control character (U+000A) at offset 1; expected none"},
  };
  for (const auto& [text, what] : bad) {
    const std::string shown = text == "ipc://a\nb" ? "ipc://a\\x0ab" : text;
    CHECK(complaint([&input = text] { Endpoint::parse(input); }) ==
          "bad endpoint '" + shown + "': " + what);
  }
  CHECK(complaint([] { Endpoint::parse("ipc://" + std::string(108, 'p')); }) ==
        "bad endpoint 'ipc://" + std::string(74, 'p') +
            "...': the ipc path has 108 bytes; expected 1 to 107");
  CHECK(complaint([] { Endpoint::parse("tcp://[::1\0]:1"s); }) ==
        "bad endpoint 'tcp://[::1\\x00]:1': '::1\\x00' is not an IPv6 address; expected "
        "tcp://[ADDRESS]:PORT");
}

TEST_CASE("a listener's endpoint must still be well formed") {
  CHECK(complaint([] { Endpoint::parse_listen("tcp://*"); }) ==
        "bad endpoint 'tcp://*': no port; expected tcp://HOST:PORT");
  CHECK(complaint([] { Endpoint::parse_listen("tcp://*:65536"); }) ==
        "bad endpoint 'tcp://*:65536': the port '65536' is out of range; expected 1 to 65535");
  CHECK(complaint([] { Endpoint::parse_listen("tcp://*.org:1"); }) ==
        "bad endpoint 'tcp://*.org:1': '*.org' is not a host name; expected words of letters, "
        "digits, '_' and inner '-', joined by '.'");
}
