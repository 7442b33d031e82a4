// What main() of each program does around its own work.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"

namespace rmi::cli {

/// What is a program's own.
struct Program {
  std::string_view name;
  /// Candidates for a line that is being typed; the word under the cursor is the last.
  std::function<std::string(std::span<const std::string> words)> complete;
  std::function<ExitCode(const CommandLine::Parsed& parsed)> run;
};

/// Answers a shell that completes (`--complete WORD...`), prints --help or --version, or runs the
/// program. Prints what that throws on stderr: with `--json` or `-j` among the arguments as JSON,
/// also when they make no sense.
/// @return what main() returns.
int run_program(const Program& program, CommandLine& line, int argc, const char* const* argv);

}  // namespace rmi::cli
