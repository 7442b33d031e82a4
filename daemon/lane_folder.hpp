// Where the sockets of local lanes lie: a folder that only this user can enter.
#pragma once

#include <string>

namespace rmi {

/// $XDG_RUNTIME_DIR/rmibus, else /tmp/rmibus-UID; made if it is not there.
/// @throws std::runtime_error  it is not this user's alone, or no folder; the text says what to do.
std::string lane_folder();

/// A listening Unix socket in the folder, under a name that no other process has.
class LaneFile {
 public:
  /// Listens at once, after it has removed what processes that died have left behind.
  /// @throws std::runtime_error
  LaneFile();
  /// Removes the file.
  ~LaneFile();
  LaneFile(const LaneFile&) = delete;
  LaneFile& operator=(const LaneFile&) = delete;

  const std::string& path() const noexcept { return path_; }
  int fd() const noexcept { return fd_; }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace rmi
