// Unix sockets, their addresses, and whose they are.
#include "bus/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

namespace rmi {
namespace {

constexpr int backlog = 1024;

sockaddr_un address_of(const std::string& path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

}  // namespace

int unix_socket() noexcept {
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int connect_unix(int fd, const std::string& path) noexcept {
  const sockaddr_un address = address_of(path);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0
                                                                                         : errno;
}

int listen_unix(int fd, const std::string& path) noexcept {
  const sockaddr_un address = address_of(path);
  const bool listens =
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(fd, backlog) == 0;
  return listens ? 0 : errno;
}

bool same_user(int fd) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

bool fits_unix_address(const std::string& path) noexcept {
  return !path.empty() && path.size() < sizeof(sockaddr_un::sun_path);
}

}  // namespace rmi
