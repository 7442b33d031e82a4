// Options by CLI11, and one line for what goes wrong.
#include "daemon/programs/program.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <limits>
#include <map>
#include <string>

#include <rmi/errors.hpp>
#include <rmi/log.hpp>

#include "daemon/stop_signal.hpp"

namespace rmi::programs {
namespace {

// As of rmi-call.
constexpr int exit_usage = 2;
constexpr int exit_refused = 8;
constexpr int exit_broken = 9;

/// A number with a unit, read as milliseconds.
CLI::AsNumberWithUnit time_with_unit() {
  static const std::map<std::string, std::int64_t> units{
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}};
  return CLI::AsNumberWithUnit(
      units, CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE |
                                            CLI::AsNumberWithUnit::UNIT_REQUIRED));
}

int fail(const CLI::App& app, int code, const std::string& text) {
  std::cout.flush();
  std::cerr << app.get_name() << ": " << text
            << (code == exit_usage ? "; see " + app.get_name() + " --help" : "") << '\n';
  return code;
}

}  // namespace

void ServingOptions::add_to(CLI::App& app) {
  app.set_version_flag("-V,--version", app.get_name() + " " + RMI_VERSION, "Prints the version");
  app.set_help_flag("-h,--help", "Prints this text");
  app.add_option("-b,--broker", broker,
                 "Broker to serve at, tcp://HOST:PORT or ipc://PATH\n"
                 "(default: $RMI_BROKER, else tcp://127.0.0.1:7766)")
      ->type_name("ENDPOINT");
  app.add_option("--listen", listen,
                 "Listens there itself, for callers that ask for the direct path:\n"
                 "unix://* (the local lane), tcp://HOST:PORT (* for a free port) or ipc://PATH")
      ->type_name("ENDPOINT");
  app.add_option("--tag", tags, "Tag by which it can be found; may be given several times")
      ->type_name("TAG")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--threads", threads, "Methods that may run at once (default: 4)")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000).description(""));
  app.add_option("--grace", grace_ms,
                 "How long calls may still run when it is stopped (default: 10s)")
      ->type_name("TIME")
      ->transform(time_with_unit().description(""));
  app.add_option("--heartbeat", heartbeat_ms,
                 "Within what time a broker that is stopped or cut off is found (default: 6s)")
      ->type_name("TIME")
      ->transform(time_with_unit().description(""));
  app.add_option("--hold", hold_ms,
                 "When it goes, callers wait so long for another one to take its place: 500ms, 10s")
      ->type_name("TIME")
      ->transform(time_with_unit().description(""));
  app.add_option("--kept-replies", kept_replies,
                 "Replies that are kept for callers that did not get them and ask again\n"
                 "(rmi-call --retry); of each object")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000).description(""));
  app.add_flag("-c,--concurrent", concurrent,
               "Calls of one object may overlap; else they run one after the other");
  app.add_flag("-s,--shared", shared, "Serves the name together with others that do so");
  app.add_flag("--sticky", sticky, "With --shared: a caller always gets the same of them");
  app.add_flag("--replace", replace, "Takes the name over from who serves it");
  app.add_flag("-v,--verbose", verbose, "Shows on stderr what the connection does");
}

Daemon::Options ServingOptions::daemon() const {
  Daemon::Options options;
  options.broker = broker;
  options.listen = listen;
  options.threads = threads;
  options.grace = std::chrono::milliseconds(grace_ms);
  options.heartbeat = std::chrono::milliseconds(heartbeat_ms);
  if (verbose)
    options.log = rate_limited(stderr_log(LogLevel::debug, log_format_from_environment()));
  return options;
}

ServeOptions ServingOptions::serve() const {
  if (shared && replace) throw UsageError("--shared and --replace exclude each other");
  if (kept_replies != 0 && shared)
    throw UsageError("--kept-replies and --shared exclude each other");
  if (sticky && !shared) throw UsageError("--sticky needs --shared");
  ServeOptions options;
  options.concurrent = concurrent;
  options.sticky = sticky;
  options.kept_replies = kept_replies;
  options.hold = std::chrono::milliseconds(hold_ms);
  options.tags = {tags.begin(), tags.end()};
  if (shared) options.mode = NameMode::shared;
  if (replace) options.mode = NameMode::replace;
  return options;
}

void print_ready(const Uri& uri) {
  std::cout << "Ready. Object uri = " << uri << std::endl;
}

int run_program(CLI::App& app, int argc, const char* const* argv,
                const std::function<void()>& body) {
  try {
    app.parse(argc, argv);
    const StopSignal begun;  // so that a signal between the first line and run() ends it in order
    body();
    return 0;
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::Error& error) {
    return fail(app, exit_usage, error.what());
  } catch (const UsageError& error) {
    return fail(app, exit_usage, error.what());
  } catch (const std::invalid_argument& error) {  // of the daemon: an endpoint, a name, a tag
    return fail(app, exit_usage, error.what());
  } catch (const Error& error) {
    return fail(app, exit_refused, error.what());
  } catch (const std::exception& error) {
    return fail(app, exit_broken, error.what());
  }
}

}  // namespace rmi::programs
