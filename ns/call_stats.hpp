// What became of the calls of each name, and how long they took.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace rmi::ns {

/// Counts times in buckets whose width is a quarter of the power of two below them, so that what is
/// read from them is at most a quarter too long (log-linear buckets, as in HdrHistogram). A fixed
/// size, and nothing to do but an increment.
class LatencyHistogram {
 public:
  void add(std::chrono::nanoseconds time) noexcept { ++counts_[bucket_of(time)]; }
  /// Longest time of each bucket that is not empty, in microseconds, and how many it holds.
  std::map<std::uint64_t, std::uint64_t> counts() const;

 private:
  // Up to 2^32 us, which is over an hour; what takes longer counts as that.
  static constexpr std::size_t buckets = 124;
  static std::size_t bucket_of(std::chrono::nanoseconds time) noexcept;
  static std::uint64_t longest_of(std::size_t bucket) noexcept;
  std::array<std::uint32_t, buckets> counts_{};
};

/// Only ever counted up.
struct CallStats {
  std::uint64_t calls = 0;    ///< handed to a daemon, oneways not included
  std::uint64_t oneways = 0;  ///< handed to a daemon
  std::uint64_t errors = 0;   ///< answers that were errors
  std::uint64_t lost = 0;     ///< ended by the loss of their daemon
  std::uint64_t expired = 0;  ///< not answered by their deadline
  LatencyHistogram latency;   ///< from handing over to the answer, errors included
};

/// Outlives registrations, so that a service which was restarted goes on counting.
/// Thread safety: one thread at a time.
class StatsTable {
 public:
  /// @param limit  names that are told apart; the others are counted together.
  explicit StatsTable(std::size_t limit) : limit_(limit) {}

  /// Whoever keeps the result keeps the name in the table.
  std::shared_ptr<CallStats> of(std::string_view name);
  /// In the order of names.
  void visit(std::string_view prefix,
             const std::function<void(const std::string& name, const CallStats&)>& fn) const;
  std::size_t size() const noexcept { return stats_.size(); }

  /// Under this name stand those for which there was no room.
  static constexpr std::string_view others = "(others)";
  /// Under this name stand all objects that were passed by reference.
  static constexpr std::string_view references = "(references)";

 private:
  bool make_room();

  const std::size_t limit_;
  std::size_t refused_ = 0;  ///< since there was last looked for room
  std::map<std::string, std::shared_ptr<CallStats>, std::less<>> stats_;
};

}  // namespace rmi::ns
