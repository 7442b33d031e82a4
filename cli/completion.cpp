// Options from the command line's definition, names from the broker.
#include "cli/completion.hpp"

#include <algorithm>

#include <rmi/names.hpp>
#include <rmi/proxy.hpp>

#include "cli/terminal.hpp"

namespace rmi::cli {

void Candidates::add(std::string_view word, std::string_view description) {
  if (word.empty() || !word.starts_with(prefix_) || printable(word) != word) return;
  lines_ += word;
  const auto first_line = description.substr(0, description.find('\n'));
  if (!first_line.empty()) lines_ += '\t' + printable(first_line);
  lines_ += '\n';
}

std::optional<TypedLine> complete_options(CommandLine& command, std::span<const std::string> line,
                                          Candidates& candidates) {
  if (line.empty()) return TypedLine{};
  const std::string& current = line.back();
  const auto before = line.first(line.size() - 1);
  const bool only_words = std::find(before.begin(), before.end(), "--") != before.end();
  if (!only_words && !before.empty() && command.wants_value(before.back())) {
    if (before.back() == "--color")
      for (const auto* when : {"auto", "always", "never"})
        candidates.add(when);
    return std::nullopt;
  }
  if (!only_words && current.starts_with("-") && current != "-") {
    for (const auto& option : command.long_options())
      candidates.add(option.name, option.help);
    return std::nullopt;
  }
  return TypedLine{command.parse_unfinished(before), current};
}

Session completion_session(CommonOptions options) {
  options.timeout = "800ms";  // a person waits for the cursor
  return Session(options, std::nullopt, false);
}

void add_names(Session& session, std::string_view prefix, Candidates& candidates) {
  const Proxy<Names> names = Proxy<Names>(session.bus(), "rmi.names").with_timeout(session.left());
  NameFilter filter;
  filter.prefix = prefix;
  std::string last;
  for (const auto& entry : names->list(filter)) {
    if (entry.name == last) continue;  // shared
    candidates.add(entry.name, entry.target.empty() ? entry.interface : entry.target);
    last = entry.name;
  }
}

}  // namespace rmi::cli
