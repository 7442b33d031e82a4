// Saves what can be read of a damaged store.
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "ns/store.hpp"
#include "ns/store_files.hpp"
#include "ns/store_table.hpp"

namespace rmi::ns {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;

struct Saved {
  std::map<std::string, StoredName> names;
  std::size_t damaged = 0;  ///< rows
  bool complete = false;    ///< the table was read from one end to the other
};

/// Rather than of this machine, or of what is left of its disk.
bool is_damage(const sqlite::Error& error) {
  return error.code() != SQLITE_NOMEM && error.code() != SQLITE_FULL &&
         error.code() != SQLITE_IOERR && error.code() != SQLITE_CANTOPEN;
}

/// From both ends, because a damaged page in the middle is as far as either comes.
Saved read_what_can_be(const fs::path& store) {
  Saved saved;
  for (const bool backwards : {false, true}) {
    std::size_t damaged = 0;
    try {
      Database database(store.string(), Database::Access::change);
      visit_rows(database, backwards, [&](const StoredName* name) {
        if (name == nullptr)
          ++damaged;
        else
          saved.names.emplace(name->name, *name);
      });
      saved.damaged = damaged;
      saved.complete = true;
      return saved;
    } catch (const sqlite::Error& error) {
      if (!is_damage(error)) throw;
      saved.damaged += damaged;
    }
  }
  return saved;
}

bool is_in_use(const fs::path& file) {
  try {
    Database database(file.string(), Database::Access::change);
    database.number("PRAGMA application_id");
  } catch (const sqlite::Error& error) {
    return error.code() == SQLITE_BUSY;
  }
  return false;
}

fs::path free_name(const fs::path& file) {
  for (std::size_t number = 1;; ++number) {
    const fs::path name = file.string() + fmt::format(".damaged-{}", number);
    if (!fs::exists(name) && !fs::exists(log_of(name))) return name;
  }
}

std::string report(const fs::path& file, const fs::path& kept, const Saved& saved) {
  auto text =
      fmt::format("{} names of the store '{}' are saved", saved.names.size(), file.string());
  if (saved.damaged != 0) text += fmt::format("; {} were damaged", saved.damaged);
  if (!saved.complete) text += "; a part of it could not be read";
  return text + fmt::format("; the file as it was is '{}'", kept.string());
}

std::string salvage(const fs::path& file) {
  const fs::path kept = free_name(file);
  if (fs::exists(file)) {
    copy_store(file, kept);
    sync_file(kept);
  } else {
    fs::copy_file(log_of(file), log_of(kept));
  }
  if (fs::exists(log_of(kept))) sync_file(log_of(kept));
  sync_folder_of(kept);
  if (is_in_use(file)) {
    fs::remove(kept);
    fs::remove(log_of(kept));
    throw StoreError(fmt::format("the store '{}' is in use; stop its broker first", file.string()));
  }
  Saved saved;
  if (fs::exists(kept)) {
    const TemporaryFolder folder;  // reading changes files
    copy_store(kept, folder.path() / "store");
    saved = read_what_can_be(folder.path() / "store");
  }
  std::vector<StoredName> names;
  for (auto& [key, name] : saved.names)
    names.push_back(name);
  const fs::path mended = file.string() + fmt::format(".new-{}", ::getpid());
  fs::remove(mended);
  make_store_file(mended, names);
  fs::remove(log_of(file));  // before the new file has the name: SQLite would write it into that
  fs::rename(mended, file);
  sync_folder_of(file);
  return report(file, kept, saved);
}

}  // namespace

std::string salvage_store(const fs::path& file) {
  const auto failed = [&](std::string_view why) {
    return StoreError(fmt::format("the store '{}' cannot be salvaged: {}", file.string(), why));
  };
  try {
    if (!fs::exists(file) && !fs::exists(log_of(file))) throw failed("there is no such file");
    return salvage(file);
  } catch (const sqlite::Error& error) {
    throw failed(error.what());
  } catch (const std::system_error& error) {
    throw failed(error.code().message());
  }
}

}  // namespace rmi::ns
