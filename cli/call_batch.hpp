// rmi-call --batch: the calls that stdin lists, in one message.
#pragma once

#include <string_view>

#include "cli/prepared_call.hpp"

namespace rmi::cli {

/// Makes the calls, a line `METHOD [ARG...]` each, and prints a line for each result. Empty lines
/// and those that begin with # are skipped.
/// @throws UsageError, MethodNotFound, BadArguments  before anything is sent, with the line's
///         number; what the first call that failed threw, after the results before it.
void run_batch(const OpenObject& object, std::string_view lines, const CallOptions& options);

}  // namespace rmi::cli
