// What rmi-ns does: one function a verb.
#pragma once

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/session.hpp"

namespace rmi::cli {

struct NamesOptions {
  CommonOptions common;
  std::vector<std::string> tags;
  std::string prefix;
  std::string regex;
  std::string interval;
  std::string count;
  bool any_tag = false;
  bool replace = false;
  bool durable = false;
  bool clear = false;
  bool yes = false;

  void add_to(CommandLine& line);
};

using Words = std::span<const std::string>;

struct Verb {
  std::string_view name;
  std::string_view words;    ///< as the usage shows them
  std::string_view options;  ///< those that go with it, apart from the common ones
  std::string_view purpose;
  std::size_t least;
  std::size_t most;
  bool name_first;  ///< its first word is a name that can be completed
  ExitCode (*run)(const NamesOptions& options, Words words);
};

/// All verbs, in the order of the help.
std::span<const Verb> verbs();

/// @param words  VERB and what follows.
/// @throws UsageError, and what a call throws.
ExitCode run_verb(const NamesOptions& options, const CommandLine& line, Words words);

// names_queries.cpp
ExitCode list_names(const NamesOptions& options, Words words);
ExitCode count_names(const NamesOptions& options, Words words);
ExitCode lookup_name(const NamesOptions& options, Words words);
ExitCode wait_for_name(const NamesOptions& options, Words words);
ExitCode ping(const NamesOptions& options, Words words);
ExitCode broker_info(const NamesOptions& options, Words words);
// names_watch.cpp
ExitCode watch_names(const NamesOptions& options, Words words);
// names_stats.cpp
ExitCode show_stats(const NamesOptions& options, Words words);
ExitCode show_top(const NamesOptions& options, Words words);
// names_limits.cpp
ExitCode show_limits(const NamesOptions& options, Words words);
// names_changes.cpp
ExitCode register_name(const NamesOptions& options, Words words);
ExitCode remove_names(const NamesOptions& options, Words words);
ExitCode name_tags(const NamesOptions& options, Words words);
ExitCode drain(const NamesOptions& options, Words words);

}  // namespace rmi::cli
