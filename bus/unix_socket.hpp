// What both ends of a local lane do with the system's Unix sockets.
#pragma once

#include <string>

namespace rmi {

/// A Unix stream socket that does not block; -1 when the system has none left.
int unix_socket() noexcept;
/// @return 0, or the errno.
int connect_unix(int fd, const std::string& path) noexcept;
/// Listens there: for whoever may enter the folder and write to the socket. @return 0, or the
/// errno.
int listen_unix(int fd, const std::string& path) noexcept;
/// Whether the other end belongs to the user that this process runs as.
bool same_user(int fd) noexcept;
/// Whether a path fits into an address.
bool fits_unix_address(const std::string& path) noexcept;

}  // namespace rmi
