// Entries of the name server as a table and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include <rmi/names.hpp>

#include "cli/terminal.hpp"

namespace rmi::cli {

/// "a, b"
std::string join_tags(const std::set<std::string>& tags);

/// NAME INTERFACE CALLS OWNER TAGS, a line for each daemon that serves a shared name; CALLS are
/// with it now. A static entry shows its target as owner, a stale one whose it was.
std::string entries_table(const std::vector<NameEntry>& entries, const Palette& palette);

/// One entry, a line for each field.
std::string entry_fields(const NameEntry& entry, const Palette& palette);

nlohmann::ordered_json entry_json(const NameEntry& entry);

}  // namespace rmi::cli
