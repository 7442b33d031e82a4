// The sockets of all lanes of a broker.
#pragma once

#include <cstddef>
#include <vector>

#include "ns/lane.hpp"
#include "ns/router_socket.hpp"

namespace rmi::ns {

/// Listens at once: the first lane where the options say, the others where lane_endpoint() says.
/// Where the port is free to choose, one is found that is followed by enough others.
/// @throws as listen(); UriError  there is no such port or path for a lane.
std::vector<LaneSocket> open_lane_sockets(const RouterSocket::Options& options, std::size_t lanes);

}  // namespace rmi::ns
