// Asks the kernel.
#include "ns/stalled_links.hpp"

#include <fcntl.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace rmi::ns {
namespace {

constexpr std::uint64_t step = 32U << 20U;
constexpr auto busy_time = std::chrono::milliseconds(20);
constexpr int calls_until_trim = 4;  // so that connections which were ended are gone

/// Resident pages of this process; 0 if the kernel does not say.
std::uint64_t resident_pages() noexcept {
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  std::array<char, 64> text{};
  const auto size = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  if (size <= 0) return 0;
  char* end = nullptr;
  std::strtoull(text.data(), &end, 10);  // all pages come first
  return std::strtoull(end, nullptr, 10);
}

/// What all threads of this process have used.
std::chrono::nanoseconds cpu_time() noexcept {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

std::vector<int> StalledLinks::find(detail::FunctionRef<std::optional<Seen>(int fd)> look) {
  std::vector<int> over;
  for (auto& [fd, before] : links_) {
    const auto now = look(fd);
    if (!now) continue;
    // Fewer bytes: another connection has the descriptor now.
    if (now->messages != before.messages || now->bytes < before.bytes)
      before = *now;
    else if (now->bytes - before.bytes > limit_)
      over.push_back(fd);
  }
  return over;
}

std::optional<std::uint64_t> bytes_received(int fd) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      size < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
    return std::nullopt;
  return info.tcpi_bytes_received;
}

bool Activity::noticed() noexcept {
  if (trim_in_ != 0 && --trim_in_ == 0) ::malloc_trim(0);
  const std::uint64_t pages = resident_pages();
  const auto cpu = cpu_time();
  const auto pages_in_step = step / static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const bool grown = level_ != 0 && pages > level_ + pages_in_step;
  const bool busy = cpu - std::exchange(cpu_, cpu) > busy_time;
  if (grown && trim_in_ == 0) trim_in_ = calls_until_trim;
  if (grown || level_ == 0 || pages < level_) level_ = pages;
  return grown || busy;
}

}  // namespace rmi::ns
