// Candidates for the word under the cursor, for the shells' completion scripts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/session.hpp"

namespace rmi::cli {

/// One line a candidate: the word, a tab and a description where there is one. The scripts rely on
/// it, so control characters never get in.
class Candidates {
 public:
  explicit Candidates(std::string_view prefix) : prefix_(prefix) {}

  /// Left out when it does not begin with the prefix, or when no shell could take it.
  void add(std::string_view word, std::string_view description = {});
  const std::string& lines() const noexcept { return lines_; }

 private:
  std::string prefix_;
  std::string lines_;
};

/// A line that is being typed, taken apart.
struct TypedLine {
  std::vector<std::string> words;  ///< before the cursor, without options
  std::string current;             ///< the word under the cursor, maybe empty
};

/// Also handles options and their values.
/// @param line  the words after the program's name, the one under the cursor last.
/// @return nothing when the word under the cursor belongs to an option: the candidates are added.
std::optional<TypedLine> complete_options(CommandLine& command, std::span<const std::string> line,
                                          Candidates& candidates);

/// The session that completion uses: it gives up soon. A malformed option throws, as always.
Session completion_session(CommonOptions options);

/// All names that begin with the prefix, with their interfaces. Throws what calls throw.
void add_names(Session& session, std::string_view prefix, Candidates& candidates);

}  // namespace rmi::cli
