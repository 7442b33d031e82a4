// A plugin that says that it was built against another version of the library.
namespace rmi {
class PluginFactories;
}

extern "C" const char* rmi_plugin_version();
extern "C" const char* rmi_plugin_version() {
  return "0.0.1";
}
extern "C" void rmi_plugin_factories(rmi::PluginFactories& factories);
extern "C" void rmi_plugin_factories(rmi::PluginFactories&) {}
