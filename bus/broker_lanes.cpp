// Where the lanes of a broker listen.
#include "bus/broker_lanes.hpp"

#include <fmt/format.h>

#include <rmi/endpoint.hpp>

namespace rmi {

std::string lane_endpoint(const std::string& first, std::uint32_t lane) {
  if (lane == 0) return first;
  const Endpoint endpoint = Endpoint::parse(first);
  std::string text = endpoint.str();
  if (endpoint.transport() == Endpoint::Transport::ipc)
    text += fmt::format(".{}", lane);
  else
    text.replace(text.rfind(':') + 1, std::string::npos, std::to_string(endpoint.port() + lane));
  try {
    return Endpoint::parse(text).str();
  } catch (const UriError& error) {
    throw UriError(fmt::format("lane {} of a broker at {} cannot listen anywhere: {}", lane, first,
                               error.what()));
  }
}

}  // namespace rmi
