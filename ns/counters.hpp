// What a broker has done since it started. Only ever counted up.
#pragma once

#include <array>
#include <cstdint>

#include <rmi/errors.hpp>

namespace rmi::ns {

struct Counters {
  std::uint64_t accepted = 0;        ///< calls handed to a daemon
  std::uint64_t local = 0;           ///< calls answered by the broker's own objects
  std::uint64_t oneways = 0;         ///< calls without answer handed to a daemon
  std::uint64_t replied = 0;         ///< replies and errors of daemons handed to callers
  std::uint64_t parked = 0;          ///< calls that had to wait for their name
  std::uint64_t cancelled = 0;       ///< calls that their caller gave up
  std::uint64_t orphaned = 0;        ///< calls whose caller went away; their methods were told
  std::uint64_t lost = 0;            ///< calls that failed because their daemon went away
  std::uint64_t expired = 0;         ///< calls whose deadline passed here
  std::uint64_t late = 0;            ///< answers to calls that are over already; dropped
  std::uint64_t forged = 0;          ///< answers to calls that were given to somebody else; dropped
  std::uint64_t undeliverable = 0;   ///< answers that a full or vanished caller could not take
  std::uint64_t slow_consumers = 0;  ///< sessions that ended because they did not read
  std::uint64_t silent_callers = 0;  ///< that ended because they stood still
  std::uint64_t malformed = 0;       ///< frames that break the protocol
  std::uint64_t strangers = 0;       ///< frames of peers without a session
  std::uint64_t sessions = 0;        ///< sessions begun
  std::array<std::uint64_t, 17> refused{};  ///< errors of the broker's own, by ErrorCode

  /// What another lane of the broker has counted. Its sessions are those of the first lane.
  void add_lane(const Counters& other) noexcept {
    for (const auto member :
         {&Counters::accepted, &Counters::local, &Counters::oneways, &Counters::replied,
          &Counters::parked, &Counters::cancelled, &Counters::orphaned, &Counters::lost,
          &Counters::expired, &Counters::late, &Counters::forged, &Counters::undeliverable,
          &Counters::slow_consumers, &Counters::silent_callers, &Counters::malformed,
          &Counters::strangers})
      this->*member += other.*member;
    for (std::size_t code = 0; code < refused.size(); ++code)
      refused[code] += other.refused[code];
  }
  std::uint64_t refused_with(ErrorCode code) const noexcept {
    return refused[static_cast<std::size_t>(code)];
  }
};

}  // namespace rmi::ns
