// A caller that reads nothing after its greeting: a bare socket that speaks just enough ZMTP 3.0.
//
// libzmq reads by itself, so that a peer made with it is deaf only in part.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <catch2/catch.hpp>

#include "bus/control.hpp"
#include "bus/wire.hpp"

namespace rmi_test {

/// Calls no method: the owner gives whole frames.
class DeafPeer {
 public:
  /// @param endpoint  as a broker prints it, on 127.0.0.1 or ipc.
  explicit DeafPeer(const std::string& endpoint) : fd_(connected(endpoint)) {
    using namespace std::string_literals;
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    std::string greeting(64, '\0');
    greeting.replace(0, 1, "\xff").replace(9, 2, "\x7f\x03").replace(12, 4, "NULL");
    const auto ready =
        "\x05READY\x0bSocket-Type\0\0\0\x06"
        "DEALER"s;
    REQUIRE(write(greeting));
    REQUIRE(write(framed_command(ready)));
    hear_greeting();
    rmi::Hello hello;
    hello.session[0] = 99;
    hello.program = "deaf";
    hello.host = "here";
    REQUIRE(send(rmi::make_hello(hello)));
  }
  ~DeafPeer() {
    if (fd_ >= 0) ::close(fd_);
  }
  DeafPeer(const DeafPeer&) = delete;
  DeafPeer& operator=(const DeafPeer&) = delete;

  /// A frame as it goes over the wire.
  static std::string framed(const rmi::Frame& frame) {
    std::string head("\x02");  // one long frame
    for (int shift = 56; shift >= 0; shift -= 8)
      head += static_cast<char>(frame.size() >> static_cast<unsigned>(shift));
    const auto bytes = frame.bytes();
    return head.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  /// A heartbeat of ZMTP, which is a sign of life of the connection and of nothing else.
  static std::string heartbeat() {
    using namespace std::string_literals;
    return framed_command("\x04PING\x00\x3c"s);
  }
  /// @return false when the other side has closed the connection.
  bool send(const rmi::Frame& frame) { return write(framed(frame)); }
  bool ping() { return write(heartbeat()); }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size < 0 && errno != EINTR) return false;
      if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  /// Ends it as the kernel does for a process that dies with unread bytes.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(fd_, -1));
  }

 private:
  static int connected(const std::string& endpoint) {
    const bool tcp = endpoint.starts_with("tcp://");
    const int fd = ::socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(fd >= 0);
    if (tcp) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port =
          htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    } else {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      endpoint.copy(address.sun_path, sizeof address.sun_path - 1, std::strlen("ipc://"));
      REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    return fd;
  }
  /// Frames that come before the other side has said READY end the connection.
  void hear_greeting() const {
    std::string heard(66, '\0');  // up to the length of READY
    REQUIRE(::recv(fd_, heard.data(), heard.size(), MSG_WAITALL) == 66);
    heard.resize(static_cast<unsigned char>(heard.back()));
    REQUIRE(::recv(fd_, heard.data(), heard.size(), MSG_WAITALL) ==
            static_cast<ssize_t>(heard.size()));
  }
  static std::string framed_command(const std::string& body) {
    return std::string("\x04") + static_cast<char>(body.size()) + body;
  }

  int fd_;
};

}  // namespace rmi_test
