// Making the folder of local lanes, and keeping it clean.
#include "daemon/lane_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "bus/identity.hpp"
#include "bus/random.hpp"
#include "bus/unix_socket.hpp"

namespace rmi {
namespace {

namespace fs = std::filesystem;

// Files of lanes, and those that are about to become one.
constexpr auto ready_ending = ".sock";
constexpr auto new_ending = ".new";
// A file that does not become one in this time never will.
constexpr auto longest_new = std::chrono::minutes(1);

std::string system_text(int error) {
  return std::generic_category().message(error);
}

std::string chosen_folder() {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code error;
  if (runtime != nullptr && fs::path(runtime).is_absolute() && fs::is_directory(runtime, error))
    return (fs::path(runtime) / "rmibus").string();
  return fmt::format("/tmp/rmibus-{}", ::geteuid());
}

/// Whether nobody listens there any more. One that is just being made has another ending.
bool is_left_behind(const fs::directory_entry& entry) {
  std::error_code error;
  if (entry.path().extension() == new_ending) {
    const auto made = entry.last_write_time(error);
    return !error && fs::file_time_type::clock::now() - made > longest_new;
  }
  const std::string path = entry.path().string();
  if (entry.path().extension() != ready_ending || !fits_unix_address(path)) return false;
  const int fd = unix_socket();
  if (fd < 0) return false;
  const bool refused = connect_unix(fd, path) == ECONNREFUSED;
  ::close(fd);
  return refused;
}

void sweep(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> left_behind;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (is_left_behind(entry)) left_behind.push_back(entry.path());
  for (const auto& path : left_behind)
    fs::remove(path, error);
}

}  // namespace

std::string lane_folder() {
  const std::string folder = chosen_folder();
  const bool made = ::mkdir(folder.c_str(), 0700) == 0;
  if (const int error = errno; !made && error != EEXIST)
    throw std::runtime_error(
        fmt::format("cannot listen at unix://*: the folder {} cannot be made: {}; set "
                    "XDG_RUNTIME_DIR to a folder of this user",
                    folder, system_text(error)));
  struct stat status {};
  const bool there = ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  if (!there || status.st_uid != ::geteuid() || (status.st_mode & 077U) != 0)
    throw std::runtime_error(
        fmt::format("cannot listen at unix://*: {} must be a folder that belongs to this user and "
                    "that nobody else can enter (mode 0700); remove it, or set XDG_RUNTIME_DIR to "
                    "a folder of this user",
                    folder));
  return folder;
}

LaneFile::LaneFile() {
  const std::string folder = lane_folder();
  sweep(folder);
  const std::string stem = fmt::format("{}/{}-{:016x}", folder, process_id(), random_number());
  const std::string fresh = stem + new_ending;
  path_ = stem + ready_ending;
  if (!fits_unix_address(path_))
    throw std::runtime_error(
        fmt::format("cannot listen at unix://{}: a path of {} bytes, the system takes 107; set "
                    "XDG_RUNTIME_DIR to a folder with a shorter path",
                    path_, path_.size()));
  fd_ = unix_socket();
  int error = fd_ < 0 ? errno : 0;
  if (error == 0) error = listen_unix(fd_, fresh);
  // Whoever sweeps takes a socket that does not listen yet for one of a process that died.
  if (error == 0 && ::rename(fresh.c_str(), path_.c_str()) != 0) error = errno;
  if (error == 0) return;
  if (fd_ >= 0) ::close(fd_);
  throw std::runtime_error(
      fmt::format("cannot listen at unix://{}: {}", path_, system_text(error)));
}

LaneFile::~LaneFile() {
  ::unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace rmi
