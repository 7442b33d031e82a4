// Results of rmi-call that are streams: one line an item, as they come.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "cli/exit_code.hpp"
#include "cli/prepared_call.hpp"

namespace rmi::cli {

struct StreamLimits {
  std::optional<std::size_t> items;
  std::optional<std::chrono::steady_clock::time_point> until;
};

/// Makes the call and prints the items until the end, a limit, or Ctrl-C; then closes the stream.
/// @return done, or interrupted.
/// @throws TimeoutError at `until`; what the producer threw, after the items before it; what a call
///         throws.
ExitCode print_stream(const PreparedCall& call, const StreamLimits& limits);

}  // namespace rmi::cli
