// Completion of rmi-ns: options, commands, names.
#pragma once

#include <span>
#include <string>

#include "cli/command_line.hpp"
#include "cli/names_command.hpp"

namespace rmi::cli {

/// Lines as in Candidates. Nothing when the broker cannot be asked within a second.
/// @param line  the words after the program's name, the one under the cursor last.
std::string complete_names(CommandLine& command, NamesOptions& options,
                           std::span<const std::string> line);

}  // namespace rmi::cli
