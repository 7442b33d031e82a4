// dlopen, and what is asked before anything of the plugin is trusted.
#include "daemon/programs/plugin_library.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <rmi/version.hpp>

#include "daemon/programs/program.hpp"

namespace rmi::programs {
namespace {

std::string with_folder(const std::string& path) {
  return path.find('/') == std::string::npos ? "./" + path
                                             : path;  // else dlopen searches elsewhere
}

template <class Function>
Function* symbol(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

}  // namespace

PluginLibrary::PluginLibrary(const std::string& path) : path_(path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw UsageError("there is no file '" + path + "'");
  void* library = dlopen(with_folder(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw UsageError("'" + path + "' cannot be loaded: " + dlerror());
  const auto version = symbol<const char*()>(library, "rmi_plugin_version");
  const auto fill = symbol<void(PluginFactories&)>(library, "rmi_plugin_factories");
  if (version == nullptr || fill == nullptr)
    throw UsageError("'" + path + "' is a shared library but no plugin: it has no RMI_PLUGIN(...)");
  if (version() != std::string_view(library_version))
    throw UsageError("'" + path + "' was built against rmibus " + version() + ", and this is " +
                     library_version + "; build it again");
  try {
    fill(factories_);
  } catch (const std::logic_error& error) {
    throw UsageError("'" + path + "': " + error.what());
  }
}

const Factory& PluginLibrary::find(std::string_view name) const {
  std::vector<std::string> names;
  std::string all;
  for (const Factory& factory : factories()) {
    if (factory.name == name) return factory;
    names.push_back(factory.name);
    all += (all.empty() ? "" : ", ") + factory.name;
  }
  const std::string near = did_you_mean(name, names);
  throw UsageError("'" + path_ + "' has no factory '" + std::string(name) + "'" +
                   (near.empty() ? "; it has " + all : near));
}

}  // namespace rmi::programs
