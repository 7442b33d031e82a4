// Prints entries of the name server.
#include "cli/names_output.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "cli/duration.hpp"
#include "cli/table.hpp"

namespace rmi::cli {
namespace {

std::string_view mode_name(NameMode mode) {
  static constexpr std::array<std::string_view, 3> names{"safe", "replace", "shared"};
  const auto index = static_cast<std::size_t>(mode);
  return index < names.size() ? names.at(index) : "unknown";
}

std::string owner_of(const NameEntry& entry) {
  if (entry.stale) return entry.owner + " (away)";
  return entry.target.empty() ? entry.owner : "-> " + entry.target;
}

/// An object of the broker, or one elsewhere, has no calls that are under way to it.
std::string calls_of(const NameEntry& entry) {
  return entry.lease_ms == 0 ? "-" : std::to_string(entry.in_flight);
}

}  // namespace

std::string join_tags(const std::set<std::string>& tags) {
  std::string text;
  for (const auto& tag : tags)
    text += (text.empty() ? "" : ", ") + tag;
  return text;
}

std::string entries_table(const std::vector<NameEntry>& entries, const Palette& palette) {
  std::vector<Row> rows;
  rows.reserve(entries.size());
  for (const auto& entry : entries)
    rows.push_back(
        {entry.name, entry.interface, calls_of(entry), owner_of(entry), join_tags(entry.tags)});
  return format_table({"NAME", "INTERFACE", "CALLS", "OWNER", "TAGS"}, rows, palette);
}

std::string entry_fields(const NameEntry& entry, const Palette& palette) {
  const std::string lease =
      entry.lease_ms == 0
          ? "none"
          : show_duration(std::chrono::milliseconds(entry.lease_ms)) + " left, if not renewed";
  const std::string durable = entry.stale     ? "yes; stale: calls wait for its owner"
                              : entry.durable ? "yes"
                                              : "no";
  std::vector<std::pair<std::string, std::string>> fields{{"name", entry.name}};
  if (!entry.target.empty()) fields.emplace_back("stands for", entry.target);
  fields.insert(fields.end(), {{"interface", entry.interface},
                               {"tags", join_tags(entry.tags)},
                               {"owner", entry.owner},
                               {"mode", std::string(mode_name(entry.mode))},
                               {"durable", durable},
                               {"lease", lease},
                               {"calls now", std::to_string(entry.in_flight)},
                               {"registration", std::to_string(entry.registration)}});
  return format_fields(fields, palette);
}

nlohmann::ordered_json entry_json(const NameEntry& entry) {
  return {{"name", entry.name},
          {"interface", entry.interface},
          {"owner", entry.owner},
          {"tags", entry.tags},
          {"target", entry.target},
          {"mode", std::string(mode_name(entry.mode))},
          {"object_id", entry.object_id},
          {"interface_hash", entry.interface_hash},
          {"registration", entry.registration},
          {"lease_ms", entry.lease_ms},
          {"in_flight", entry.in_flight},
          {"durable", entry.durable},
          {"stale", entry.stale}};
}

}  // namespace rmi::cli
