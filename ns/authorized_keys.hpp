// Whose keys a broker lets in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <rmi/log.hpp>

namespace rmi::ns {

/// By public key, the name that its holder has.
using KeyNames = std::map<std::string, std::string, std::less<>>;

/// Lines `PUBLIC-KEY NAME`; what begins with `#` is a comment. One name may have several keys.
/// @param file  for the errors.
/// @throws std::invalid_argument  names file, line, and what is expected there.
KeyNames parse_authorized(std::string_view text, const std::string& file);

/// The list in a file, which is read again when it has changed.
/// Thread safety: thread safe.
class AuthorizedKeys {
 public:
  /// @throws std::invalid_argument  the file cannot be read, or is malformed.
  AuthorizedKeys(std::string file, LogSink log);
  AuthorizedKeys(const AuthorizedKeys&) = delete;
  AuthorizedKeys& operator=(const AuthorizedKeys&) = delete;

  /// Looks at the file. One that cannot be used any more is warned of once, and what it said last
  /// holds.
  /// @param address  where the holder of the key connects from, for the log.
  /// @return the name of the key's holder; nothing, and logged, if it is not let in.
  std::optional<std::string> admit(std::string_view key, std::string_view address);

 private:
  /// Tells one content of the file from another; all zero where there is no file.
  struct Version {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Version&) const = default;
  };
  Version look() const;
  void read_again();
  void log(LogLine line) const {
    if (log_) log_(line);
  }

  const std::string file_;
  const LogSink log_;
  std::mutex mutex_;  ///< guards what follows
  Version read_;      ///< also of one that could not be used
  KeyNames names_;
};

}  // namespace rmi::ns
