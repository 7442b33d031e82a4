// Commands from the table, names from the broker.
#include "cli/names_completion.hpp"

#include <algorithm>
#include <exception>

#include "cli/completion.hpp"

namespace rmi::cli {
namespace {

void add_words(const NamesOptions& options, const TypedLine& line, Candidates& candidates) {
  if (line.words.empty()) {
    for (const Verb& verb : verbs())
      candidates.add(verb.name, verb.purpose);
    return;
  }
  const auto all = verbs();
  const auto verb = std::find_if(all.begin(), all.end(),
                                 [&](const Verb& each) { return each.name == line.words.front(); });
  if (verb == all.end() || !verb->name_first || line.words.size() != 1) return;
  Session session = completion_session(options.common);
  add_names(session, line.current, candidates);
}

}  // namespace

std::string complete_names(CommandLine& command, NamesOptions& options,
                           std::span<const std::string> line) {
  Candidates candidates(line.empty() ? std::string() : line.back());
  try {
    if (const auto typed = complete_options(command, line, candidates))
      add_words(options, *typed, candidates);
  } catch (const std::exception&) {
    // Whatever is wrong, a message in the middle of the line that is being typed helps nobody.
  }
  return candidates.lines();
}

}  // namespace rmi::cli
