// What rmi-call does: lists what an object can do, or calls a method.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/session.hpp"

namespace rmi::cli {

/// Options as they were typed.
struct CallOptions {
  CommonOptions common;
  std::string args;    ///< all arguments as one JSON text
  std::string repeat;  ///< a number
  std::string limit;   ///< a number
  std::string correlation;
  std::vector<std::string> annotate;  ///< KEY=VALUE
  bool raw = false;
  bool wait = false;
  bool oneway = false;
  bool direct = false;
  bool retry = false;
  bool batch = false;
  bool verbose = false;

  void add_to(CommandLine& line);
};

/// @param parsed  words: NAME [METHOD [ARG...]]; groups: METHOD [ARG...] for each `--then`.
/// @param args_given  whether `--args` was there: it may be empty.
/// @throws UsageError, UriError, and what a call throws.
ExitCode call(const CallOptions& options, const CommandLine::Parsed& parsed, bool args_given);

}  // namespace rmi::cli
