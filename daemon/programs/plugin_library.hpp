// A plugin, loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rmi/plugin.hpp>

namespace rmi::programs {

/// A shared library with an RMI_PLUGIN. It stays loaded until the end of the program, because
/// nobody knows how long code of it is still needed.
class PluginLibrary {
 public:
  /// @throws UsageError  there is no such file, it is no shared library or no plugin, or it was
  ///                     built against another version of rmibus.
  explicit PluginLibrary(const std::string& path);

  const std::vector<Factory>& factories() const noexcept { return factories_.all(); }
  /// @throws UsageError  there is none of that name; with the nearest.
  const Factory& find(std::string_view name) const;

 private:
  const std::string path_;
  PluginFactories factories_;
};

}  // namespace rmi::programs
