// The program rmi-serve: serves objects that a plugin makes.
#include <CLI/CLI.hpp>
#include <iostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rmi/version.hpp>

#include "daemon/programs/plugin_library.hpp"
#include "daemon/programs/program.hpp"

namespace {

using rmi::Factory;
using rmi::detail::InstanceMode;
using rmi::programs::PluginLibrary;
using rmi::programs::UsageError;

static_assert(std::string_view(rmi::library_version) == RMI_VERSION,
              "<rmi/version.hpp> and meson.build name different versions");

constexpr const char* more =
    "LIBRARY is a shared library with RMI_PLUGIN(...) in it, see <rmi/plugin.hpp>. Each\n"
    "NAME=FACTORY serves what that factory makes under that name.\n"
    "Prints 'Ready. Object uri = URI' for each object. SIGINT and SIGTERM stop it.\n"
    "\n"
    "Exit codes: 0 stopped, 2 usage (also: no such file, no plugin), 8 refused (a name is\n"
    "taken), 9 a fault of this program or machine.\n"
    "\n"
    "Examples:\n"
    "  rmi-serve ./libgreeter.so --list\n"
    "  rmi-serve ./libgreeter.so server=Server\n"
    "  rmi-serve ./libshop.so cart=shop::Cart --per-session --tag retail";

struct Options {
  rmi::programs::ServingOptions serving;
  std::string library;
  std::vector<std::string> pairs;
  bool list = false;
  bool per_session = false;
  bool per_call = false;

  void add_to(CLI::App& app) {
    serving.add_to(app);
    app.add_flag("-l,--list", list, "Lists the factories with their interfaces, and ends");
    app.add_flag("--per-session", per_session, "Makes an instance for each session of a caller");
    app.add_flag("--per-call", per_call, "Makes an instance for each call");
    app.add_option("LIBRARY", library, "The plugin")->required()->option_text(" ");
    app.add_option("NAME=FACTORY", pairs, "What to serve under which name")->option_text(" ");
  }
};

struct Wanted {
  std::string name;
  const Factory* factory;
};

/// @throws UsageError  a pair is malformed, or a name is there twice.
std::vector<Wanted> read_pairs(const Options& options, const PluginLibrary& library) {
  std::vector<Wanted> all;
  std::set<std::string> names;
  for (const std::string& pair : options.pairs) {
    const auto equals = pair.rfind('=');  // factories have none in their names
    if (equals == std::string::npos || equals == 0)
      throw UsageError("expected NAME=FACTORY, got '" + pair + "'");
    std::string name = pair.substr(0, equals);
    if (!names.insert(name).second) throw UsageError("the name '" + name + "' is given twice");
    all.push_back({std::move(name), &library.find(pair.substr(equals + 1))});
  }
  return all;
}

InstanceMode mode_of(const Options& options, const std::vector<Wanted>& all) {
  if (options.per_session && options.per_call)
    throw UsageError("--per-session and --per-call exclude each other");
  if (!options.per_session && !options.per_call) return InstanceMode::single;
  for (const Wanted& wanted : all)
    if (wanted.factory->own_mode)
      throw UsageError("the factory '" + wanted.factory->name +
                       "' says itself who shares an instance; leave --per-session and --per-call "
                       "out");
  return options.per_session ? InstanceMode::per_session : InstanceMode::per_call;
}

void list(const PluginLibrary& library) {
  for (const Factory& factory : library.factories()) {
    std::cout << factory.name << ": " << factory.schema.name;
    if (factory.own_mode == InstanceMode::per_session) std::cout << ", one for each session";
    if (factory.own_mode == InstanceMode::per_call) std::cout << ", one for each call";
    std::cout << '\n';
    for (const rmi::Signature& method : factory.schema.methods)
      if (!method.name.ends_with('=')) std::cout << "  " << to_string(method) << '\n';
  }
}

void serve(const Options& options) {
  const PluginLibrary library(options.library);
  if (options.list) return list(library);
  if (options.pairs.empty())
    throw UsageError("NAME=FACTORY is missing; --list shows the factories");
  const std::vector<Wanted> all = read_pairs(options, library);
  const InstanceMode mode = mode_of(options, all);
  rmi::Daemon daemon(options.serving.daemon());
  for (const Wanted& wanted : all)
    rmi::programs::print_ready(
        wanted.factory->serve(daemon, wanted.name, mode, options.serving.serve()));
  daemon.run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Serves objects that a plugin makes.", "rmi-serve");
  Options options;
  options.add_to(app);
  app.footer(more);
  return rmi::programs::run_program(app, argc, argv, [&] { serve(options); });
}
