// Connections that send without end, and never a whole message.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include <rmi/detail/function_ref.hpp>

namespace rmi::ns {

/// libzmq keeps the parts of a message until the last one is there, and has no limit for them: one
/// peer could fill the memory. What the kernel has received on a connection since its last whole
/// message gives it away.
/// Thread safety: one thread at a time.
class StalledLinks {
 public:
  struct Seen {
    std::uint64_t bytes = 0;     ///< received since the connection began
    std::uint64_t messages = 0;  ///< whole ones that came from its peer
  };

  /// @param limit  bytes that the kernel may have received since the last whole message.
  explicit StalledLinks(std::uint64_t limit) noexcept : limit_(limit) {}

  /// By their file descriptors.
  void opened(int fd) { links_[fd] = {}; }
  void closed(int fd) noexcept { links_.erase(fd); }
  std::size_t size() const noexcept { return links_.size(); }

  /// To be called when every message that is whole has been counted.
  /// @param look  at one connection; nothing if it is none, or one without such a count.
  /// @return those over the limit.
  std::vector<int> find(detail::FunctionRef<std::optional<Seen>(int fd)> look);

 private:
  const std::uint64_t limit_;
  std::unordered_map<int, Seen> links_;  ///< as they were when a new message was seen
};

/// Bytes that the kernel has received on a TCP connection. Nothing for any other descriptor.
std::optional<std::uint64_t> bytes_received(int fd) noexcept;

/// Tells when this process has grown or was busy, as it is when a message without end comes in; and
/// has it give back memory that it needs no more, which could else be filled again without growth.
/// Thread safety: one thread at a time.
class Activity {
 public:
  /// To be called every quarter of a second. Whether there was any since the last time.
  bool noticed() noexcept;

 private:
  std::uint64_t level_ = 0;         ///< resident pages
  std::chrono::nanoseconds cpu_{};  ///< used so far
  int trim_in_ = 0;                 ///< calls until memory is given back; 0 for never
};

}  // namespace rmi::ns
