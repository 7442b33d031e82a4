// Which kind of socket an endpoint takes.
#include "bus/link_socket.hpp"

#include "bus/socket.hpp"
#include "bus/unix_link.hpp"

namespace rmi {

std::unique_ptr<LinkSocket> open_link(ZmqContext& context, const std::string& endpoint,
                                      const LinkLimits& limits) {
  if (endpoint.starts_with(lane_scheme))
    return std::make_unique<UnixLink>(endpoint.substr(lane_scheme.size()), limits);
  return std::make_unique<DealerSocket>(context, endpoint, limits);
}

}  // namespace rmi
