// RMI_PLUGIN: a shared library whose objects rmi-serve can serve.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rmi/daemon.hpp>
#include <rmi/detail/for_each.hpp>
#include <rmi/schema.hpp>
#include <rmi/version.hpp>

/// Makes a shared library a plugin, and lists what it can make. To be written once, in a .cpp:
///
///     RMI_PLUGIN(Server, shop::Shop, open_bank)
///
/// An entry is a class with an RMI_INTERFACE and a constructor without parameters, or a function
/// without parameters that returns std::shared_ptr<Class>, or rmi::per_session(...) or
/// rmi::per_call(...). Its name is what stands here. To be built as a shared library against the
/// library that rmi-serve uses (`-lrmibus`), and served with
///
///     rmi-serve ./libshop.so server=Server shop=shop::Shop
#define RMI_PLUGIN(...)                                                                \
  extern "C" __attribute__((visibility("default"))) const char* rmi_plugin_version() { \
    return ::rmi::library_version;                                                     \
  }                                                                                    \
  extern "C" __attribute__((visibility("default"))) void rmi_plugin_factories(         \
      ::rmi::PluginFactories& rmi_factories) {                                         \
    RMI_FOR_EACH_(RMI_PLUGIN_ENTRY_, rmi_factories, __VA_ARGS__)                       \
  }  // complete with and without a semicolon after it

#define RMI_PLUGIN_ENTRY_(factories, entry) factories.add<entry>(#entry);

namespace rmi {

/// Something that a plugin can make and that can be served.
struct Factory {
  std::string name;  ///< as RMI_PLUGIN lists it
  InterfaceSchema schema;
  /// Who shares an instance, where the factory says that itself.
  std::optional<detail::InstanceMode> own_mode{};
  /// Makes the object, or what makes its instances, and serves it. @throws as Daemon::serve().
  std::function<Uri(Daemon& daemon, std::string_view name, detail::InstanceMode mode,
                    ServeOptions options)>
      serve{};
};

/// What the library calls to learn what a plugin can make; see RMI_PLUGIN.
/// Thread safety: one thread at a time.
class PluginFactories {
 public:
  /// A class. @throws std::logic_error  the name is there already.
  template <class Class>
  void add(std::string_view name) {
    static_assert(detail::has_interface<Class>,
                  "rmi: RMI_PLUGIN: this class has no RMI_INTERFACE(Class, methods...) in its "
                  "namespace, after the class");
    static_assert(std::is_default_constructible_v<Class>,
                  "rmi: RMI_PLUGIN: this class needs a constructor without parameters; or list a "
                  "function that returns a std::shared_ptr to one");
    add_maker<Class>(name, [] { return std::make_shared<Class>(); });
  }

  /// A function.
  template <auto Make>
  void add(std::string_view name) {
    static_assert(std::is_invocable_v<decltype(Make)>,
                  "rmi: RMI_PLUGIN: the function must not need arguments");
    add_function(name, Make, static_cast<std::invoke_result_t<decltype(Make)>*>(nullptr));
  }

  const std::vector<Factory>& all() const noexcept { return factories_; }

 private:
  template <class Make, class Class>
  void add_function(std::string_view name, Make make, std::shared_ptr<Class>*) {
    add_maker<Class>(name, make);
  }
  template <class Make, class Class>
  void add_function(std::string_view name, Make make, Instances<Class>*) {
    Factory factory{std::string(name), schema_of<Class>(), make().mode};
    factory.serve = [make](Daemon& daemon, std::string_view as, detail::InstanceMode,
                           ServeOptions options) {
      return daemon.serve(as, make(), std::move(options));
    };
    insert(std::move(factory));
  }

  template <class Class>
  void add_maker(std::string_view name, std::function<std::shared_ptr<Class>()> make) {
    Factory factory{std::string(name), schema_of<Class>()};
    factory.serve = [make = std::move(make)](Daemon& daemon, std::string_view as,
                                             detail::InstanceMode mode, ServeOptions options) {
      if (mode == detail::InstanceMode::single) return daemon.serve(as, make(), std::move(options));
      return daemon.serve(as, Instances<Class>{mode, make}, std::move(options));
    };
    insert(std::move(factory));
  }

  template <class Class>
  static InterfaceSchema schema_of() {
    return detail::schema_of(detail::describe<Class>(nullptr).described);
  }

  void insert(Factory factory);

  std::vector<Factory> factories_;
};

}  // namespace rmi
