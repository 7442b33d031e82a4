// The floor: ping-pong over a plain TCP or Unix stream socket, one thread on each side.
//
// usage: bench-raw server tcp|PATH        bench-raw client tcp:PORT|PATH
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <thread>

#include "test/bench/client.hpp"

namespace bench {
namespace {

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

void write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto done = ::send(fd, data, size, MSG_NOSIGNAL);
    check(done > 0, "send");
    data += done;
    size -= static_cast<std::size_t>(done);
  }
}

/// @return whether all of it came.
bool read_all(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const auto done = ::recv(fd, data, size, 0);
    if (done <= 0) return false;
    data += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

void no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // refused by a Unix socket: no matter
}

/// A message is its length and then its bytes.
void serve(int fd) {
  no_delay(fd);
  std::vector<char> buffer;
  std::uint32_t size = 0;
  while (read_all(fd, reinterpret_cast<char*>(&size), sizeof size)) {
    buffer.resize(size + sizeof size);
    std::memcpy(buffer.data(), &size, sizeof size);
    if (!read_all(fd, buffer.data() + sizeof size, size)) break;
    write_all(fd, buffer.data(), buffer.size());
  }
  ::close(fd);
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

sockaddr_in tcp_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

template <class Address>
sockaddr* generic(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

int run_server(const std::string& where) {
  const bool tcp = where == "tcp";
  const int listener = ::socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
  if (tcp) {
    auto address = tcp_address(0);
    check(::bind(listener, generic(address), sizeof address) == 0, "bind");
    check(::listen(listener, 64) == 0, "listen");
    socklen_t size = sizeof address;
    getsockname(listener, generic(address), &size);
    say_ready("tcp:" + std::to_string(ntohs(address.sin_port)));
  } else {
    auto address = unix_address(where);
    check(::bind(listener, generic(address), sizeof address) == 0, "bind");
    check(::listen(listener, 64) == 0, "listen");
    say_ready(where);
  }
  for (;;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    check(fd >= 0, "accept");
    std::thread(serve, fd).detach();
  }
}

class RawClient final : public Client {
 public:
  explicit RawClient(std::string where) : where_(std::move(where)) {
    const bool tcp = where_.rfind("tcp:", 0) == 0;
    fd_ = ::socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
    if (tcp) {
      auto address = tcp_address(static_cast<std::uint16_t>(std::stoi(where_.substr(4))));
      check(::connect(fd_, generic(address), sizeof address) == 0, "connect");
    } else {
      auto address = unix_address(where_);
      check(::connect(fd_, generic(address), sizeof address) == 0, "connect");
    }
    no_delay(fd_);
  }
  ~RawClient() override { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void echo(std::size_t size) override {
    begin(0, size);
    finish(0);
  }
  void begin(std::size_t, std::size_t size) override {
    buffer_.resize(size + sizeof(std::uint32_t));
    const auto length = static_cast<std::uint32_t>(size);
    std::memcpy(buffer_.data(), &length, sizeof length);
    write_all(fd_, buffer_.data(), buffer_.size());
  }
  void finish(std::size_t) override {
    check(read_all(fd_, buffer_.data(), buffer_.size()), "recv");
  }
  std::unique_ptr<Client> for_thread() override { return std::make_unique<RawClient>(where_); }

 private:
  std::string where_;
  int fd_ = -1;
  std::vector<char> buffer_;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  if (argv[1] == std::string("server")) return bench::run_server(argv[2]);
  bench::RawClient client(argv[2]);
  return bench::run_client(client);
}
