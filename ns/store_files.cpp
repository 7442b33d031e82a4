// Copies of the store, and what makes a file outlive a power cut.
#include "ns/store_files.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace rmi::ns {
namespace {

namespace fs = std::filesystem;

void sync(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool failed = fd < 0 || ::fsync(fd) != 0;
  const int reason = errno;
  if (fd >= 0) ::close(fd);
  if (failed) throw std::system_error(reason, std::generic_category(), path.string());
}

}  // namespace

fs::path log_of(const fs::path& store) {
  return store.string() + "-wal";
}

void copy_store(const fs::path& from, const fs::path& to) {
  fs::copy_file(from, to);
  fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write);
  if (!fs::exists(log_of(from))) return;
  fs::copy_file(log_of(from), log_of(to));
  fs::permissions(log_of(to), fs::perms::owner_read | fs::perms::owner_write);
}

void sync_file(const fs::path& file) {
  sync(file, O_RDONLY);
}

void sync_folder_of(const fs::path& file) {
  sync(folder_of(file), O_RDONLY | O_DIRECTORY);
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

bool is_writable(const fs::path& store) {
  // Not by opening it: closing it again would end the locks that this process has on it.
  const auto may = [](const fs::path& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
  };
  return may(store, R_OK | W_OK) && may(folder_of(store), W_OK | X_OK);
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "rmi-store-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace rmi::ns
