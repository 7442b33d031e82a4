// Asks the name server.
#include "cli/find_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <rmi/names.hpp>
#include <rmi/proxy.hpp>

#include "cli/failure.hpp"

namespace rmi::cli {

Place place_of(const Uri& uri, const CommonOptions& options) {
  const bool daemon = uri.kind() == Uri::Kind::object;
  if (daemon && !options.broker.empty())
    throw UsageError(fmt::format("{} is called without a broker; leave --broker out", uri.str()));
  return {uri.endpoint(), daemon};
}

NotConnected no_daemon(const Endpoint& endpoint) {
  return NotConnected(
      fmt::format("no daemon answers at {}; one listens there only when it is told to, as by "
                  "`rmi-serve --listen`; a bare name is called through `rmi-broker`",
                  endpoint.str()));
}

std::string find_object(Session& session, const Uri& uri, bool wait) {
  const Proxy<Names> names = Proxy<Names>(session.bus(), "rmi.names").with_timeout(session.left());
  switch (uri.kind()) {
    case Uri::Kind::name:
      if (wait) names->wait(uri.name());
      return uri.name();
    case Uri::Kind::object:  // the session is with the daemon itself
      return uri.name();
    case Uri::Kind::tags:
      break;
  }
  if (wait) throw UsageError("--wait needs a name, because there is no waiting for tags");
  NameFilter filter;
  filter.tags = uri.tags();
  const std::vector<NameEntry> entries = names->list(filter);
  const auto least = std::min_element(
      entries.begin(), entries.end(),
      [](const NameEntry& a, const NameEntry& b) { return a.in_flight < b.in_flight; });
  if (least == entries.end())
    throw NameNotFound(fmt::format("no object has all the tags of {}", uri.str()));
  return least->name;
}

}  // namespace rmi::cli
