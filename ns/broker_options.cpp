// rmi-broker's options, by CLI11.
#include "ns/broker_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bus/broker_lanes.hpp"
#include "ns/limit_table.hpp"
#include "ns/version.hpp"

namespace rmi::ns {
namespace {

constexpr int exit_usage = 2;

/// "15s" -> "15000"
std::string to_milliseconds(std::string& text) {
  static const std::map<std::string, double> units{
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}};
  const auto digits = text.find_first_not_of("0123456789.");
  const auto unit = digits == std::string::npos ? units.end() : units.find(text.substr(digits));
  double number = 0;
  if (unit == units.end() || !CLI::detail::lexical_cast(text.substr(0, digits), number))
    return "'" + text + "' is not a time; expected a number and a unit: 500ms, 15s, 2m or 1h";
  text = std::to_string(static_cast<std::int64_t>(number * unit->second));
  return {};
}

struct Texts {
  std::vector<std::string> listen{"tcp://127.0.0.1:7766"};
  bool insecure = false;
  std::string key;
  std::string authorized;
  std::size_t lanes = 1;
  std::int64_t lease_ms = 6000;
  std::int64_t grace_ms = 10'000;
  std::uint64_t max_message = default_max_message;
  std::vector<std::string> limits;
  std::string log_level = "info";
  std::string log_format = "text";
  std::string store;
  bool salvage = false;
  bool print_config = false;
};

void define(CLI::App& app, Texts& texts) {
  app.set_version_flag("--version", "rmi-broker " + std::string(version));
  app.add_option("--listen", texts.listen,
                 "Where to listen: tcp://HOST:PORT (* for a free port) or ipc://PATH; may be "
                 "given several times")
      ->type_name("ENDPOINT")
      ->capture_default_str();
  app.add_flag("--insecure", texts.insecure,
               "Allow endpoints that other machines can reach; whoever reaches the broker may "
               "call everything");
  auto* key = app.add_option("--key", texts.key,
                             "File with the broker's own keys, as `rmi-keys new` writes it: who "
                             "connects over tcp needs keys, too, and other machines may")
                  ->type_name("FILE");
  auto* authorized = app.add_option("--authorized", texts.authorized,
                                    "File of the keys that may connect, a line PUBLIC-KEY NAME "
                                    "for each; read again when it has changed")
                         ->type_name("FILE")
                         ->needs(key);
  key->needs(authorized);
  app.add_option("--lanes", texts.lanes,
                 "Routing threads, each with a socket at the port, or ipc path, after the one "
                 "before; the calls of a name all take the same one")
      ->check(CLI::Range(std::size_t{1}, most_broker_lanes))
      ->option_text("N=1");
  app.add_option("--lease", texts.lease_ms,
                 "How long names live when their daemon does not renew them")
      ->transform(CLI::Validator(to_milliseconds, "TIME"))
      ->option_text("TIME=6s");
  app.add_option("--grace", texts.grace_ms,
                 "How long calls in flight may take when the broker drains")
      ->transform(CLI::Validator(to_milliseconds, "TIME"))
      ->option_text("TIME=10s");
  app.add_option("--max-message", texts.max_message, "Largest message that is passed on")
      ->transform(CLI::AsSizeValue(false))
      ->option_text("SIZE=64MiB");
  app.add_option("--limit", texts.limits,
                 "Set a limit, such as calls-per-session=1000 or unread-time=3s; may be given "
                 "several times. --print-config and `rmi-ns limits` show all")
      ->type_name("NAME=VALUE");
  app.add_option("--log-level", texts.log_level, "Least level of the lines on stderr")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  app.add_option("--log-format", texts.log_format, "text, or json for one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  auto* store = app.add_option("--store", texts.store,
                               "Keep durable names in this file; it is made if it is not there")
                    ->type_name("FILE");
  app.add_flag("--salvage", texts.salvage,
               "Repair the store: keep a copy of the file, save what can be read of it, and exit")
      ->needs(store)
      ->configurable(false);
  app.set_config("--config", "", "Read options from this file: name = value, one a line")
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--print-config", texts.print_config,
               "Print the options in the form of a configuration file, and exit")
      ->configurable(false);
  app.footer(
      "Prints 'rmi-broker VERSION listening on ENDPOINT' for each endpoint once it can be\n"
      "reached. SIGINT, SIGTERM and `rmi-ns drain broker` make it drain: calls in flight may end,\n"
      "new ones are made again by their callers until the broker is back. A second signal ends it\n"
      "at once.\n"
      "Exit codes: 0 stopped, 2 usage, 5 cannot listen, 9 the store cannot be used.");
}

/// Those that were changed as settings, the others as comments.
void print_limits(const Limits& limits, std::ostream& out) {
  const auto put = [&](const LimitRule& rule, std::string_view end) {
    out << '"' << rule.name << '=' << show_limit(rule.unit, rule.get(limits)) << '"' << end;
  };
  std::vector<const LimitRule*> changed;
  out << "# Limits, each as \"NAME=VALUE\"\n";
  for (const auto& rule : limit_rules()) {
    if (rule.id == LimitId::message_size) continue;  // that is max-message
    out << "#   ";
    put(rule, "  ");
    out << rule.meaning << '\n';
    if (rule.get(limits) != rule.get(Limits())) changed.push_back(&rule);
  }
  out << (changed.empty() ? "# limit = [" : "limit = [");
  for (const auto* rule : changed)
    put(*rule, rule == changed.back() ? "" : ", ");
  out << "]\n";
}

void print_file(std::string_view meaning, std::string_view name, const std::string& file,
                std::ostream& out) {
  out << "# " << meaning << '\n';
  if (file.empty())
    out << "# " << name << " = \"FILE\"\n";
  else
    out << name << " = \"" << file << "\"\n";
}

void print_config(const Texts& texts, const Limits& limits, std::ostream& out) {
  out << "# Where to listen\nlisten = [";
  for (std::size_t at = 0; at < texts.listen.size(); ++at)
    out << (at == 0 ? "" : ", ") << '"' << texts.listen[at] << '"';
  out << "]\n# Allow endpoints that other machines can reach\ninsecure = "
      << (texts.insecure ? "true" : "false") << '\n';
  print_file("File with the broker's own keys", "key", texts.key, out);
  print_file("File of the keys that may connect", "authorized", texts.authorized, out);
  out << "# Routing threads\nlanes = " << texts.lanes
      << "\n# How long names live when their daemon does not renew them\nlease = \""
      << texts.lease_ms
      << "ms\"\n# How long calls in flight may take when the broker drains\ngrace = \""
      << texts.grace_ms << "ms\"\n# Largest message in bytes\nmax-message = " << limits.max_message
      << '\n';
  print_limits(limits, out);
  out << "# debug, info, warning, error or off\nlog-level = \"" << texts.log_level
      << "\"\n# text or json\nlog-format = \"" << texts.log_format << "\"\n";
  print_file("Keep durable names in this file", "store", texts.store, out);
}

}  // namespace

std::variant<BrokerProgram, int> parse_command_line(int argc, const char* const* argv,
                                                    std::ostream& out, std::ostream& err) {
  CLI::App app("The broker of rmibus: the name server, and the router of calls.", "rmi-broker");
  Texts texts;
  define(app, texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done, out, err);
  } catch (const CLI::Error& error) {
    err << "rmi-broker: " << error.what() << "; see rmi-broker --help\n";
    return exit_usage;
  }
  BrokerProgram program;
  program.broker.limits.max_message = texts.max_message;
  try {
    for (const auto& setting : texts.limits)
      set_limit(program.broker.limits, setting);
  } catch (const std::invalid_argument& error) {
    err << "rmi-broker: --limit: " << error.what() << '\n';
    return exit_usage;
  }
  if (texts.print_config) {
    print_config(texts, program.broker.limits, out);
    return 0;
  }
  program.broker.endpoints = texts.listen;
  program.broker.insecure = texts.insecure;
  program.broker.key_file = texts.key;
  program.broker.authorized_file = texts.authorized;
  program.broker.lanes = texts.lanes;
  program.broker.lease = std::chrono::milliseconds(texts.lease_ms);
  program.broker.grace = std::chrono::milliseconds(texts.grace_ms);
  program.broker.drains_on_request = true;
  program.store = texts.store;
  program.salvage = texts.salvage;
  program.log_level = parse_log_level(texts.log_level);
  program.log_format = parse_log_format(texts.log_format);
  return program;
}

}  // namespace rmi::ns
