// rmi-broker's options, by CLI11.
#include "ns/broker_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>

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
  std::int64_t lease_ms = 15'000;
  std::uint64_t max_message = default_max_message;
  std::string log_level = "info";
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
  app.add_option("--lease", texts.lease_ms,
                 "How long names live when their daemon does not renew them")
      ->transform(CLI::Validator(to_milliseconds, "TIME"))
      ->option_text("TIME=15s");
  app.add_option("--max-message", texts.max_message, "Largest message that is passed on")
      ->transform(CLI::AsSizeValue(false))
      ->option_text("SIZE=64MiB");
  app.add_option("--log-level", texts.log_level, "Least level of the lines on stderr")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  app.set_config("--config", "", "Read options from this file: name = value, one a line")
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--print-config", texts.print_config,
               "Print the options in the form of a configuration file, and exit")
      ->configurable(false);
  app.footer(
      "Prints 'rmi-broker VERSION listening on ENDPOINT' for each endpoint once it can be\n"
      "reached. SIGINT and SIGTERM stop it.\n"
      "Exit codes: 0 stopped, 2 usage, 5 cannot listen.");
}

void print_config(const Texts& texts, std::ostream& out) {
  out << "# Where to listen\nlisten = [";
  for (std::size_t at = 0; at < texts.listen.size(); ++at)
    out << (at == 0 ? "" : ", ") << '"' << texts.listen[at] << '"';
  out << "]\n# Allow endpoints that other machines can reach\ninsecure = "
      << (texts.insecure ? "true" : "false")
      << "\n# How long names live when their daemon does not renew them\nlease = \""
      << texts.lease_ms << "ms\"\n# Largest message in bytes\nmax-message = " << texts.max_message
      << "\n# debug, info, warning, error or off\nlog-level = \"" << texts.log_level << "\"\n";
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
  if (texts.print_config) {
    print_config(texts, out);
    return 0;
  }
  BrokerProgram program;
  program.broker.endpoints = texts.listen;
  program.broker.insecure = texts.insecure;
  program.broker.lease = std::chrono::milliseconds(texts.lease_ms);
  program.broker.limits.max_message = texts.max_message;
  program.log_level = parse_log_level(texts.log_level);
  return program;
}

}  // namespace rmi::ns
