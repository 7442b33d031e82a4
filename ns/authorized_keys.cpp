// Reads the file of authorized keys, and reads it again.
#include "ns/authorized_keys.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "bus/keys.hpp"
#include "bus/text_file.hpp"

namespace rmi::ns {
namespace {

constexpr std::size_t longest_name = 64;

bool is_name(std::string_view text) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !text.empty() && text.size() <= longest_name &&
         text.find_first_not_of(letters) == std::string_view::npos;
}

std::string read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(in.peek() == std::ifstream::traits_type::eof() || text << in.rdbuf()) || in.bad())
    throw std::invalid_argument(
        fmt::format("cannot read the authorized keys in '{}': {}", file, std::strerror(errno)));
  return text.str();
}

}  // namespace

// A comment is none of a key: the first character of Z85 is one of the first 83, and # is the last.
KeyNames parse_authorized(std::string_view text, const std::string& file) {
  KeyNames names;
  for_each_line(text, [&](std::string_view line, std::size_t number) {
    const auto fail = [&](std::string_view expected) {
      throw std::invalid_argument(fmt::format("line {} of the authorized keys in '{}': expected {}",
                                              number, file, expected));
    };
    const auto key_end = std::min(line.find_first_of(" \t"), line.size());
    const auto key = line.substr(0, key_end);
    const auto name = trimmed(line.substr(key_end));
    if (!is_key(key))
      fail("`PUBLIC-KEY NAME`, where the key is the 40 characters of `rmi-keys public`");
    if (!is_name(name))
      fail(fmt::format("a name after the key: 1 to {} letters, digits, `.`, `_` or `-`",
                       longest_name));
    if (!names.try_emplace(std::string(key), name).second) fail("a key once only");
  });
  return names;
}

AuthorizedKeys::AuthorizedKeys(std::string file, LogSink log)
    : file_(std::move(file)),
      log_(std::move(log)),
      read_(look()),
      names_(parse_authorized(read_file(file_), file_)) {}

/// Taken before the file is read: what changes meanwhile is read the next time.
AuthorizedKeys::Version AuthorizedKeys::look() const {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec};
}

void AuthorizedKeys::read_again() {
  try {
    names_ = parse_authorized(read_file(file_), file_);
    log({LogLevel::info, "keys-read",
         fmt::format("read the authorized keys in '{}' again: {}", file_, names_.size())});
  } catch (const std::invalid_argument& error) {
    log({LogLevel::warning, "keys-unusable",
         fmt::format("{}; the keys that it had before stay authorized", error.what())});
  }
}

std::optional<std::string> AuthorizedKeys::admit(std::string_view key, std::string_view address) {
  const std::lock_guard lock(mutex_);
  if (const Version now = look(); now != read_) {
    read_ = now;
    read_again();
  }
  if (const auto at = names_.find(key); at != names_.end()) return at->second;
  log({LogLevel::warning, "key-refused",
       fmt::format("refused a connection from {}: its key {} is not in '{}'", address, key,
                   file_)});
  return std::nullopt;
}

}  // namespace rmi::ns
