// The file of durable names: SQLite with a write-ahead log, each commit on disk before it returns.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "ns/name_store.hpp"
#include "ns/sqlite.hpp"

namespace rmi::ns {

/// The file cannot be used, and why; the text names it and what to do.
class StoreError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One open file, locked against other processes.
/// Thread safety: one thread at a time.
class Store {
 public:
  /// Makes the file if it is not there, readable by its owner alone. A file that cannot be written
  /// is read only.
  /// @throws StoreError  it is damaged, newer, no such store, or in use. It is as it was then.
  explicit Store(const std::filesystem::path& file);

  /// All names that are in it, in order.
  const std::vector<StoredName>& names() const noexcept { return names_; }
  std::vector<StoredName> take_names() noexcept { return std::move(names_); }
  const std::filesystem::path& file() const noexcept { return file_; }
  /// Whether apply() can only fail.
  bool is_read_only() const noexcept { return !database_; }

  /// All of these changes or none.
  /// @throws StoreError  the disk is full, for example. It may do another time.
  void apply(std::span<const StoreChange> changes);

 private:
  void open();
  void open_copy();

  std::filesystem::path file_;
  std::optional<sqlite::Database> database_;  ///< none when read only
  std::vector<StoredName> names_;
};

/// Keeps a copy of a damaged file beside it, and makes a new one of all names that can be read.
/// @return what was done, for people. @throws StoreError  nothing was changed but that copy.
std::string salvage_store(const std::filesystem::path& file);

}  // namespace rmi::ns
