// The one table of the store: a row for each name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ns/name_store.hpp"
#include "ns/sqlite.hpp"

namespace rmi::ns {

/// Makes a file with these names, readable by its owner alone. Nothing may be there.
/// @throws sqlite::Error, std::system_error
void make_store_file(const std::filesystem::path& file, std::span<const StoredName> names);

/// Why this is not an undamaged store of this version; nothing if it is one.
/// @throws sqlite::Error
std::optional<std::string> fault_of(sqlite::Database& database);

/// Each row in order; null for one that is damaged.
/// @throws sqlite::Error  it cannot be read on.
void visit_rows(sqlite::Database& database, bool backwards,
                const std::function<void(const StoredName*)>& fn);

/// @throws sqlite::Error
void put_row(const sqlite::Database& database, const StoredName& name);
void remove_row(const sqlite::Database& database, const std::string& name);

}  // namespace rmi::ns
