// rmi-ns watch: what happens to names, a line each.
#include <fmt/format.h>

#include <array>
#include <iostream>
#include <nlohmann/json.hpp>

#include <rmi/proxy.hpp>

#include "bus/json.hpp"
#include "cli/names_command.hpp"
#include "cli/names_output.hpp"
#include "cli/terminal.hpp"

namespace rmi::cli {
namespace {

std::string_view event_name(NameEvent event) {
  static constexpr std::array<std::string_view, 3> names{"entered", "changed", "removed"};
  const auto index = static_cast<std::size_t>(event);
  return index < names.size() ? names.at(index) : "unknown";
}

std::string line_of(const NameChange& change) {
  const NameEntry& entry = change.entry;
  std::string text = fmt::format("{} {}  {}", event_name(change.kind), entry.name,
                                 entry.target.empty() ? entry.owner : "-> " + entry.target);
  if (entry.stale) text += " (away)";
  if (!entry.tags.empty()) text += fmt::format("  [{}]", join_tags(entry.tags));
  return printable(text);
}

std::string json_of(const NameChange& change) {
  Json line{{"event", std::string(event_name(change.kind))}};
  line.update(entry_json(change.entry));
  return to_text(line);
}

}  // namespace

ExitCode watch_names(const NamesOptions& options, Words) {
  Session session(options.common, std::nullopt, false);
  const Proxy<Names> names = Proxy<Names>(session.bus(), "rmi.names").with_timeout(session.left());
  auto changes = names->watch({.prefix = options.prefix,
                               .regex = options.regex,
                               .tags = {options.tags.begin(), options.tags.end()},
                               .any_tag = options.any_tag});
  // Flushed, because whoever reads a pipe wants to know now.
  for (const NameChange& change : changes)
    std::cout << (options.common.json ? json_of(change) : line_of(change)) << std::endl;
  return ExitCode::done;
}

}  // namespace rmi::cli
