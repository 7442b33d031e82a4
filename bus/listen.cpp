// Checks around zmq_bind.
#include "bus/listen.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>

namespace rmi {
namespace {

void check_reach(const Endpoint& endpoint, bool insecure) {
  if (insecure || is_loopback(endpoint)) return;
  throw std::invalid_argument(fmt::format(
      "{} can be reached from other machines, and whoever reaches it may call everything: listen "
      "at 127.0.0.1 or ipc://, give the broker keys (--key, --authorized), or allow it with "
      "--insecure",
      endpoint.str()));
}

/// Whether a program accepts connections at that Unix socket.
bool answers(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

/// libzmq deletes whatever is at the path of an ipc endpoint, also what another broker listens at.
void check_path(const std::string& path) {
  struct stat status {};
  if (path.starts_with('@') || path == "*" || ::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode))
    throw std::runtime_error(fmt::format(
        "cannot listen at ipc://{}: there is a file that is no socket; give another path", path));
  if (answers(path))
    throw std::runtime_error(fmt::format(
        "cannot listen at ipc://{}: another program listens there, probably a broker; stop it or "
        "give another path",
        path));
}

std::string bind_error(const Endpoint& endpoint, int error) {
  const auto start = fmt::format("cannot listen at {}: ", endpoint.str());
  switch (error) {
    case EADDRINUSE:
      return start +
             "another program listens there, probably a broker; stop it or give another port";
    case EACCES:
      return start + "permission denied; ports below 1024 and foreign folders need more rights";
    case EADDRNOTAVAIL:
    case ENODEV:
      return start + "this machine has no such address or network interface";
    case ENOENT:
      return start + "the folder of that path does not exist";
    default:
      return start + zmq_strerror(error);
  }
}

std::string last_endpoint(void* socket) {
  std::array<char, 512> text{};
  std::size_t size = text.size();
  zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, text.data(), &size);
  return text.data();
}

/// What libzmq is told: it takes numbers and interfaces, no host names, for the own end.
std::string bind_text(const Endpoint& endpoint) {
  const std::string text = endpoint.str();
  constexpr std::string_view localhost = "tcp://localhost:";
  if (!text.starts_with(localhost)) return text;
  return "tcp://127.0.0.1:" + text.substr(localhost.size());
}

}  // namespace

SocketFile::SocketFile(const std::string& endpoint) {
  constexpr std::string_view scheme = "ipc://";
  struct stat status {};
  if (!endpoint.starts_with(scheme)) return;
  const std::string path = endpoint.substr(scheme.size());
  if (path.starts_with('@') || ::lstat(path.c_str(), &status) != 0) return;
  path_ = path;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void SocketFile::remove() noexcept {
  struct stat status {};
  if (path_.empty() || ::lstat(path_.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

std::string listen(void* socket, const Endpoint& endpoint, bool insecure) {
  check_reach(endpoint, insecure);
  const bool ipc = endpoint.transport() == Endpoint::Transport::ipc;
  if (ipc) check_path(endpoint.address());
  const int ipv6 = endpoint.address().find(':') != std::string::npos ? 1 : 0;
  zmq_setsockopt(socket, ZMQ_IPV6, &ipv6, sizeof ipv6);
  // Whoever may open the socket file may call everything, so that it is only its owner from the
  // moment on that it exists.
  const mode_t former = ipc ? ::umask(0177) : 0;
  const int result = zmq_bind(socket, bind_text(endpoint).c_str());
  const int error = zmq_errno();
  if (ipc) ::umask(former);
  if (result != 0) throw std::runtime_error(bind_error(endpoint, error));
  return last_endpoint(socket);
}

}  // namespace rmi
