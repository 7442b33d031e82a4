// What rmi-bench does: finds the object, and runs the work that was chosen.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/session.hpp"

namespace rmi::cli {

/// Options as they were typed.
struct BenchOptions {
  CommonOptions common;
  std::vector<std::string> work;  ///< names, several in a word with commas between them
  std::string seconds;            ///< a time
  std::string calls;              ///< a number
  std::string in_flight;          ///< a number
  std::string threads;            ///< a number
  std::string size;               ///< a number
  bool direct = false;

  void add_to(CommandLine& line);
};

/// Prints what was measured also when a call fails, and then throws what it threw.
/// @param words  the URI.
/// @return done, or interrupted.
/// @throws UsageError, UriError, SignatureMismatch for an object of another kind, and what calls
///         throw.
ExitCode bench(const BenchOptions& options, std::span<const std::string> words);

}  // namespace rmi::cli
