// Files around the store: copies of it, and a folder for them.
#pragma once

#include <filesystem>
#include <string>

namespace rmi::ns {

/// What SQLite writes first and has not moved into the file yet.
std::filesystem::path log_of(const std::filesystem::path& store);

/// Copies a store with its log, for itself alone to read and write.
/// @throws std::filesystem::filesystem_error
void copy_store(const std::filesystem::path& from, const std::filesystem::path& to);

/// Puts the file, and that it is there, on disk. @throws std::system_error
void sync_file(const std::filesystem::path& file);
/// The folder of a file, after one in it was made, renamed or removed.
void sync_folder_of(const std::filesystem::path& file);

/// The part of a path before its last name; "." if there is none.
std::filesystem::path folder_of(const std::filesystem::path& file);

/// Whether this process may write that file and the log beside it.
bool is_writable(const std::filesystem::path& store);

/// A new folder that goes with its content.
class TemporaryFolder {
 public:
  /// @throws std::system_error
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace rmi::ns
