// Finds ports that follow each other.
#include "ns/lane_sockets.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "bus/broker_lanes.hpp"

namespace rmi::ns {
namespace {

// Ports are given by chance, out of tens of thousands: who finds none in so many attempts has none.
constexpr int most_attempts = 100;

LaneSocket open(RouterSocket::Options options, const std::vector<std::string>& endpoints) {
  options.endpoints.clear();
  for (const auto& endpoint : endpoints)
    options.endpoints.push_back(Endpoint::parse_listen(endpoint));
  LaneSocket socket;
  socket.context = std::make_unique<ZmqContext>();
  if (options.keys)
    socket.zap = std::make_unique<ZapHandler>(*socket.context, options.keys->authorized);
  socket.router = std::make_unique<RouterSocket>(*socket.context, options);
  return socket;
}

/// @param sockets  the first lane's.
void open_others(const RouterSocket::Options& options, std::size_t lanes,
                 std::vector<LaneSocket>& sockets) {
  const auto first = sockets.front().router->endpoints();
  for (std::uint32_t lane = 1; lane < lanes; ++lane) {
    std::vector<std::string> endpoints;
    for (const auto& endpoint : first)
      endpoints.push_back(lane_endpoint(endpoint, lane));
    try {
      sockets.push_back(open(options, endpoints));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("lane {} of the broker {}", lane, error.what()));
    }
  }
}

bool chooses_port(const Endpoint& endpoint) {
  return endpoint.transport() == Endpoint::Transport::tcp && endpoint.port() == 0;
}

}  // namespace

std::vector<LaneSocket> open_lane_sockets(const RouterSocket::Options& options, std::size_t lanes) {
  std::vector<std::string> endpoints;
  for (const auto& endpoint : options.endpoints)
    endpoints.push_back(endpoint.str());
  for (int attempt = 1;; ++attempt) {
    std::vector<LaneSocket> sockets;
    sockets.push_back(open(options, endpoints));
    try {
      open_others(options, lanes, sockets);
      return sockets;
    } catch (const std::exception&) {
      if (attempt == most_attempts || std::ranges::none_of(options.endpoints, chooses_port)) throw;
    }
  }
}

}  // namespace rmi::ns
