// Asks the name server.
#include "cli/find_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include <rmi/names.hpp>
#include <rmi/proxy.hpp>

#include "cli/failure.hpp"

namespace rmi::cli {

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
