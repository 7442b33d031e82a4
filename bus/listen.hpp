// Where a socket may listen, and what has to be right before it does.
#pragma once

#include <cstdint>
#include <string>

#include <rmi/endpoint.hpp>

namespace rmi {

/// The file of an ipc endpoint, which libzmq leaves behind.
class SocketFile {
 public:
  /// @param endpoint  as listen() returned it; nothing happens for other kinds than ipc.
  explicit SocketFile(const std::string& endpoint);
  /// Removes the file if it is still the one that the endpoint made. To be called while the
  /// endpoint still listens: so a successor cannot have made its own meanwhile.
  void remove() noexcept;

 private:
  std::string path_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

/// Opens one endpoint of a bound kind of libzmq socket.
/// @param insecure  allows addresses that other machines can reach.
/// @return where it listens now, with the real port.
/// @throws std::invalid_argument  it would need `insecure`, or is malformed.
/// @throws std::runtime_error     the system refuses; the text says why and what to do.
std::string listen(void* socket, const Endpoint& endpoint, bool insecure);

}  // namespace rmi
