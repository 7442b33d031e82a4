// What rmi-call does: lists what an object can do, or calls a method.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/session.hpp"

namespace rmi::cli {

struct CallOptions {
  CommonOptions common;
  std::string args;    ///< all arguments as one JSON text
  std::string repeat;  ///< a number, as it was typed
  bool raw = false;
  bool wait = false;

  void add_to(CommandLine& line);
};

/// @param words  NAME [METHOD [ARG...]]
/// @param args_given  whether `--args` was there: it may be empty.
/// @throws UsageError, UriError, and what a call throws.
ExitCode call(const CallOptions& options, const std::vector<std::string>& words, bool args_given);

}  // namespace rmi::cli
