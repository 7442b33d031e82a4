// What rmi-keys does: makes files of keys, and shows the public one of a file.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"

namespace rmi::cli {

struct KeysOptions {
  bool json = false;

  void add_to(CommandLine& line);
};

struct KeysVerb {
  std::string_view name;
  std::string_view purpose;
};

inline constexpr std::array<KeysVerb, 2> keys_verbs{{
    {"new", "Makes a file with new keys, and prints the public one"},
    {"public", "Prints the public key of a file"},
}};

/// @param words  VERB FILE
/// @throws UsageError; std::exception  the file is refused; the text says why.
ExitCode run_keys(const KeysOptions& options, std::span<const std::string> words);

/// Candidates for a line that is being typed: verbs and options. Files are the shell's.
std::string complete_keys(CommandLine& command, std::span<const std::string> line);

}  // namespace rmi::cli
