// Which kind of sockets an endpoint takes.
#include "daemon/peer_sockets.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "bus/link_socket.hpp"
#include "daemon/router_peers.hpp"
#include "daemon/unix_peers.hpp"

namespace rmi {

std::unique_ptr<PeerSockets> open_peer_sockets(const std::string& endpoint, std::size_t max_message,
                                               LogSink log) {
  if (!endpoint.starts_with(lane_scheme))
    return std::make_unique<RouterPeers>(endpoint, max_message);
  if (endpoint == std::string(lane_scheme) + "*")
    return std::make_unique<UnixPeers>(max_message, std::move(log));
  throw std::invalid_argument(
      fmt::format("bad endpoint '{}': expected unix://*, because a local lane chooses a path that "
                  "only this user can reach",
                  endpoint));
}

}  // namespace rmi
