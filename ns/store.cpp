// Opens the file, or says why not; applies changes.
#include "ns/store.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "ns/store_files.hpp"
#include "ns/store_table.hpp"

namespace rmi::ns {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;

[[noreturn]] void refuse(const fs::path& file, std::string_view why) {
  throw StoreError(fmt::format(
      "the store '{0}' cannot be used: {1}; `rmi-broker --store '{0}' --salvage` keeps it as it is "
      "under another name and saves what can be read",
      file.string(), why));
}

[[noreturn]] void refuse(const fs::path& file, const sqlite::Error& error) {
  if (error.code() == SQLITE_BUSY)
    throw StoreError(fmt::format("the store '{}' is in use by another broker; give each its own",
                                 file.string()));
  refuse(file, error.what());
}

/// Never seen half made under its own name, and never made over another.
void make(const fs::path& file) {
  const fs::path unfinished = file.string() + fmt::format(".new-{}", ::getpid());
  const auto failed = [&](std::string_view why) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    throw StoreError(fmt::format("cannot make the store '{}': {}", file.string(), why));
  };
  try {
    fs::remove(unfinished);  // left by one that was killed
    make_store_file(unfinished, {});
    if (::link(unfinished.c_str(), file.c_str()) != 0 && errno != EEXIST)
      throw std::system_error(errno, std::generic_category());
    fs::remove(unfinished);
    sync_folder_of(file);
  } catch (const sqlite::Error& error) {
    failed(error.what());
  } catch (const std::system_error& error) {
    failed(error.code().message());
  }
}

std::vector<StoredName> all_names(Database& database, const fs::path& file) {
  std::vector<StoredName> names;
  visit_rows(database, false, [&](const StoredName* name) {
    if (name == nullptr)
      refuse(file, names.empty()
                       ? "its first name is damaged"
                       : fmt::format("the name after '{}' is damaged", names.back().name));
    names.push_back(*name);
  });
  return names;
}

void check(Database& database, const fs::path& file) {
  if (const auto fault = fault_of(database)) refuse(file, *fault);
}

}  // namespace

Store::Store(const fs::path& file) : file_(file) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) {
    // A log belongs to its file alone: SQLite would write it into whatever has the name.
    if (fs::exists(log_of(file), error))
      refuse(file, fmt::format("it is missing, but its log '{}' is there", log_of(file).string()));
    make(file);
  } else if (status.type() != fs::file_type::regular) {
    throw StoreError(fmt::format("the store '{}' cannot be used: {}", file.string(),
                                 error ? error.message() : "it is no regular file"));
  } else if (fs::file_size(file, error) == 0) {
    refuse(file, "it is empty");
  }
  try {
    if (is_writable(file)) {
      open();
    } else {
      open_copy();
    }
  } catch (const sqlite::Error& failure) {
    refuse(file, failure);
  } catch (const std::system_error& failure) {
    throw StoreError(
        fmt::format("the store '{}' cannot be read: {}", file.string(), failure.code().message()));
  }
}

void Store::open() {
  Database database(file_.string(), Database::Access::change);
  check(database, file_);
  if (const auto mode = database.text("PRAGMA journal_mode = WAL"); mode != "wal")
    refuse(file_, fmt::format("SQLite cannot keep a log for it, only '{}'", mode));
  database.run("PRAGMA synchronous = FULL");
  names_ = all_names(database, file_);
  database_ = std::move(database);
}

/// SQLite cannot read a file with a log without writing.
void Store::open_copy() {
  const TemporaryFolder folder;
  const fs::path copy = folder.path() / "store";
  copy_store(file_, copy);
  Database database(copy.string(), Database::Access::change);
  check(database, file_);
  names_ = all_names(database, file_);
}

void Store::apply(std::span<const StoreChange> changes) {
  if (!database_) throw StoreError(fmt::format("the store '{}' is read only", file_.string()));
  try {
    sqlite::Transaction transaction(*database_);
    for (const auto& change : changes)
      if (change.put)
        put_row(*database_, *change.put);
      else
        remove_row(*database_, change.name);
    transaction.commit();
  } catch (const sqlite::Error& error) {
    throw StoreError(
        fmt::format("the store '{}' cannot be written: {}", file_.string(), error.what()));
  }
}

}  // namespace rmi::ns
