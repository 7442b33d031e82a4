// The list of what a plugin can make.
#include <rmi/plugin.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace rmi {

void PluginFactories::insert(Factory factory) {
  const auto same = [&](const Factory& other) { return other.name == factory.name; };
  if (std::any_of(factories_.begin(), factories_.end(), same))
    throw std::logic_error(fmt::format("RMI_PLUGIN lists '{}' twice", factory.name));
  factories_.push_back(std::move(factory));
}

}  // namespace rmi
