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
  return entry.target.empty() ? entry.owner : "-> " + entry.target;
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
    rows.push_back({entry.name, entry.interface, owner_of(entry), join_tags(entry.tags)});
  return format_table({"NAME", "INTERFACE", "OWNER", "TAGS"}, rows, palette);
}

std::string entry_fields(const NameEntry& entry, const Palette& palette) {
  const std::string lease =
      entry.lease_ms == 0
          ? "none"
          : show_duration(std::chrono::milliseconds(entry.lease_ms)) + " left, if not renewed";
  std::vector<std::pair<std::string, std::string>> fields{{"name", entry.name}};
  if (!entry.target.empty()) fields.emplace_back("stands for", entry.target);
  fields.insert(fields.end(), {{"interface", entry.interface},
                               {"tags", join_tags(entry.tags)},
                               {"owner", entry.owner},
                               {"mode", std::string(mode_name(entry.mode))},
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
          {"in_flight", entry.in_flight}};
}

}  // namespace rmi::cli
