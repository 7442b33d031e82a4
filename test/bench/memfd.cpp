// What it would bring to pass large messages between two processes as sealed memfds instead of
// through the stream socket: the time of an echo, of each kind.
//   bench-memfd [BYTES...]
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Bytes = std::vector<char>;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_all(int fd, const char* bytes, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const auto some = ::write(fd, bytes + done, size - done);
    if (some <= 0) fail("write");
    done += static_cast<std::size_t>(some);
  }
}

void send_descriptor(int socket, int fd) {
  char byte = 'm';
  iovec piece{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> room{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  if (::sendmsg(socket, &message, 0) != 1) fail("sendmsg");
}

int receive_descriptor(int socket) {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  int fd = -1;
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) fail("recvmsg");
  std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

/// Through the socket's buffer, into fresh memory.
struct Stream {
  static void send(int socket, const Bytes& bytes) {
    write_all(socket, bytes.data(), bytes.size());
  }
  static void receive(int socket, Bytes& bytes) {
    const std::unique_ptr<char[]> fresh(new char[bytes.size()]);
    for (std::size_t done = 0; done < bytes.size();) {
      const auto some = ::read(socket, fresh.get() + done, bytes.size() - done);
      if (some <= 0) fail("read");
      done += static_cast<std::size_t>(some);
    }
    std::memcpy(bytes.data(), fresh.get(), bytes.size());
  }
};

/// In a sealed memfd, which its receiver maps.
struct Memfd {
  static void send(int socket, const Bytes& bytes) {
    const int fd = ::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) fail("memfd_create");
    write_all(fd, bytes.data(), bytes.size());
    ::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    send_descriptor(socket, fd);
    ::close(fd);
  }
  static void receive(int socket, Bytes& bytes) {
    const int fd = receive_descriptor(socket);
    void* mapped = ::mmap(nullptr, bytes.size(), PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (mapped == MAP_FAILED) fail("mmap");
    ::close(fd);
    std::memcpy(bytes.data(), mapped, bytes.size());
    ::munmap(mapped, bytes.size());
  }
};

/// The median time of an echo between two processes, in microseconds.
template <class Way>
double echo(std::size_t size) {
  const std::size_t times = std::clamp<std::size_t>((std::size_t{1} << 30U) / size / 4, 5, 2000);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("socketpair");
  Bytes bytes(size, 'x');
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    for (std::size_t i = 0; i < times; ++i) {
      Way::receive(ends[1], bytes);
      Way::send(ends[1], bytes);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::vector<double> taken;
  for (std::size_t i = 0; i < times; ++i) {
    const auto begin = Clock::now();
    Way::send(ends[0], bytes);
    Way::receive(ends[0], bytes);
    taken.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  std::ranges::nth_element(taken, taken.begin() + static_cast<std::ptrdiff_t>(times / 2));
  return taken[times / 2];
}

}  // namespace

int main(int argc, char** argv) try {
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i)
    sizes.push_back(std::strtoull(argv[i], nullptr, 10));
  if (sizes.empty()) sizes = {65'536, 1'048'576, 67'108'864};
  std::printf("%12s %12s %12s  median of an echo, us\n", "bytes", "stream", "memfd");
  for (const std::size_t size : sizes)
    std::printf("%12zu %12.0f %12.0f\n", size, echo<Stream>(size), echo<Memfd>(size));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench-memfd: %s\n", error.what());
  return 1;
}
