// From options to a plan, and from there to a report.
#include "cli/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <optional>
#include <set>
#include <string_view>

#include <rmi/any_proxy.hpp>
#include <rmi/errors.hpp>
#include <rmi/uri.hpp>

#include "bus/direct.hpp"
#include "cli/bench_report.hpp"
#include "cli/bench_work.hpp"
#include "cli/call_repeat.hpp"
#include "cli/duration.hpp"
#include "cli/failure.hpp"
#include "cli/find_object.hpp"
#include "cli/interruptible.hpp"

namespace rmi::cli {
namespace {

// All latencies of one kind of work are kept, and these bound how much that is.
constexpr std::chrono::minutes longest{10};
constexpr std::size_t most_in_flight = 100'000;
constexpr std::size_t most_threads = 1000;
constexpr std::size_t largest = std::size_t{64} << 20U;  // of a message

std::string known_works() {
  std::string names;
  for (const BenchWork& work : bench_works())
    names += (names.empty() ? "" : ", ") + std::string(work.name);
  return names;
}

/// Those that were chosen, in the order of bench_works(); all when none was.
std::vector<BenchWork> chosen_works(const std::vector<std::string>& typed) {
  std::set<std::string, std::less<>> wanted;
  for (std::string_view word : typed) {
    for (std::size_t comma = 0; comma != std::string_view::npos; word.remove_prefix(comma + 1)) {
      comma = word.find(',');
      wanted.emplace(word.substr(0, comma));
      if (comma == std::string_view::npos) break;
    }
  }
  std::vector<BenchWork> works;
  for (const BenchWork& work : bench_works())
    if (wanted.erase(std::string(work.name)) != 0 || typed.empty()) works.push_back(work);
  if (!wanted.empty())
    throw UsageError(
        fmt::format("--work: expected one of {}, got '{}'", known_works(), *wanted.begin()));
  return works;
}

std::chrono::milliseconds parse_seconds(const std::string& text) {
  try {
    const auto time = parse_duration(text);
    if (time <= longest) return time;
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--seconds: {}", error.what()));
  }
  throw UsageError(fmt::format("--seconds: '{}' is over the longest time, 10m", text));
}

/// All of the plan but the object.
BenchPlan plan_of(const BenchOptions& options) {
  BenchPlan plan;
  const auto number = [](const char* option, const std::string& text, std::size_t most,
                         std::size_t& into) {
    if (!text.empty()) into = parse_count(option, text, most);
  };
  plan.calls = most_calls;
  number("--calls", options.calls, most_calls, plan.calls);
  number("--in-flight", options.in_flight, most_in_flight, plan.in_flight);
  number("--threads", options.threads, most_threads, plan.threads);
  number("--size", options.size, largest, plan.size);
  if (!options.seconds.empty())
    plan.time = parse_seconds(options.seconds);
  else if (options.calls.empty())
    plan.time = std::chrono::seconds(1);
  return plan;
}

/// Finds the object and looks what it is.
void open(Session& session, const Uri& uri, const Place& place, BenchPlan& plan,
          BenchReport& report) {
  try {
    report.object = find_object(session, uri, false);
    const std::string name = Uri::for_name(report.object).str();
    const auto schema = AnyProxy(session.bus(), name).with_timeout(session.left()).schema();
    check_is_echo(schema, report.object);
    report.interface = schema.name;
    plan.object = Proxy<BenchObject>(session.bus(), name).with_timeout(session.timeout());
  } catch (const NotConnected&) {
    if (!place.daemon) throw;
    throw no_daemon(*place.endpoint);
  }
}

/// A bus would go by the broker where it must; whoever measures wants to know.
void go_direct(Session& session, BenchPlan& plan, const std::string& object) {
  if (!session.bus().direct().to_object(object, Path::direct, session.deadline()))
    throw NotConnected(fmt::format(
        "'{}' cannot be called directly: its daemon does not listen, or is not "
        "reached from here; start it as by `rmi-echo --listen`, or leave --direct out to "
        "measure the way through `rmi-broker`",
        object));
  plan.object = plan.object.over(Path::direct);
}

void print(const BenchReport& report, const BenchOptions& options, const Palette& colours) {
  if (options.common.json)
    std::cout << report_json(report) << '\n';
  else if (!report.rows.empty())
    std::cout << report_text(report, colours);
}

}  // namespace

void BenchOptions::add_to(CommandLine& line) {
  common.add_to(line);
  line.options("-w,--work", work, "NAME",
               "Only this work; may be repeated, or several with commas between them");
  line.option("-s,--seconds", seconds, "TIME",
              "Ends each kind of work after that time, at most 10m\n"
              "(default: 1s, or none with --calls)");
  line.option("-n,--calls", calls, "N", "Ends each kind of work after N calls or items");
  line.option("--in-flight", in_flight, "N", "Calls at once of the work in-flight (default: 64)");
  line.option("--threads", threads, "N", "Threads of the work threads (default: 8)");
  line.option("--size", size, "BYTES",
              "Bytes of each call, there and back (default: 32): as a string, and\n"
              "above 4096 as bytes; oneway and batch send strings, stream sends i32");
  line.flag("--direct", direct,
            "Calls the daemon itself, which must listen, and not by the broker");
}

ExitCode bench(const BenchOptions& options, std::span<const std::string> words) {
  if (words.empty()) throw UsageError("URI is missing; `rmi-ns list` shows the names there are");
  if (words.size() > 1) throw UsageError(fmt::format("expected one URI, got also '{}'", words[1]));
  const Palette colours = palette(options.common.color);
  const std::vector<BenchWork> works = chosen_works(options.work);
  BenchPlan plan = plan_of(options);
  const Uri uri = Uri::parse(words.front());
  const Place place = place_of(uri, options.common);
  Session session(options.common, place.endpoint, false);
  BenchReport report{.object = {},
                     .interface = {},
                     .endpoint = session.bus().broker(),
                     .path = options.direct || place.daemon ? "direct" : "brokered",
                     .size = plan.size};
  open(session, uri, place, plan, report);
  if (options.direct && !place.daemon) go_direct(session, plan, report.object);

  const Interruptible interruptible;
  try {
    for (const BenchWork& work : works) {
      if (Interruptible::interrupted()) break;
      Measured measured = work.run(plan);
      measured.work = work.name;
      if (measured.count > 0) report.rows.push_back(std::move(measured));
    }
  } catch (...) {
    print(report, options, colours);
    throw;
  }
  report.complete = !Interruptible::interrupted();
  print(report, options, colours);
  return report.complete ? ExitCode::done : ExitCode::interrupted;
}

}  // namespace rmi::cli
