// Completion of rmi-bench: options, kinds of work, object names.
#pragma once

#include <span>
#include <string>

#include "cli/bench.hpp"
#include "cli/command_line.hpp"

namespace rmi::cli {

/// Lines as in Candidates. Nothing when the broker cannot be asked within a second.
/// @param line  the words after the program's name, the one under the cursor last.
std::string complete_bench(CommandLine& command, BenchOptions& options,
                           std::span<const std::string> line);

}  // namespace rmi::cli
