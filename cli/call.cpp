// Finds the object, makes the call, and goes on with what it returned.
#include "cli/call.hpp"

#include <fmt/format.h>

#include <iostream>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include <rmi/any_proxy.hpp>
#include <rmi/context.hpp>
#include <rmi/errors.hpp>
#include <rmi/uri.hpp>

#include "cli/call_batch.hpp"
#include "cli/call_notes.hpp"
#include "cli/call_repeat.hpp"
#include "cli/call_stream.hpp"
#include "cli/failure.hpp"
#include "cli/find_object.hpp"
#include "cli/listing.hpp"
#include "cli/prepared_call.hpp"
#include "cli/terminal.hpp"

namespace rmi::cli {
namespace {

using Words = std::vector<std::string>;

/// @throws UsageError  options and words that do not go together.
void check(const CallOptions& options, const CommandLine::Parsed& parsed, bool args_given) {
  const Words& words = parsed.words;
  const bool chained = !parsed.groups.empty();
  if (words.empty()) throw UsageError("NAME is missing; `rmi-ns list` shows the names there are");
  if (options.raw && options.common.json) throw UsageError("--raw and --json exclude each other");
  if (args_given && words.size() > 2) throw UsageError("arguments come as words or by --args");
  if (args_given && words.size() < 2) throw UsageError("--args needs a METHOD");
  if (options.batch && (words.size() > 1 || chained))
    throw UsageError("--batch reads methods from stdin and takes none on the command line");
  if (options.batch && !(options.repeat.empty() && options.limit.empty() && !options.raw))
    throw UsageError("--batch goes without --repeat, --limit and --raw");
  if (options.retry && (options.oneway || chained))
    throw UsageError("--retry goes without --oneway and --then");
  if (chained && words.size() < 2) throw UsageError("--then needs a METHOD before it");
  if (chained && !options.repeat.empty())
    throw UsageError("--then and --repeat exclude each other");
  for (const auto& group : parsed.groups)
    if (group.empty()) throw UsageError("--then needs a METHOD after it");
}

/// Gives all calls the id of --correlation, if there is one.
void correlate(const std::string& id, std::optional<CorrelationScope>& scope) {
  if (id.empty()) return;
  try {
    scope.emplace(id);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--correlation: {}", error.what()));
  }
}

/// One run of rmi-call over one session.
class Run {
 public:
  Run(const CallOptions& options, Session& session)
      : options_(options), session_(session), notes_(options.annotate) {}

  OpenObject open(detail::CallTarget target) {
    OpenObject object;
    object.schema = AnyProxy(session_.bus(), target.object).with_timeout(session_.left()).schema();
    target.timeout = session_.timeout();
    target.own_timeout = !options_.common.timeout.empty();
    target.oneway = options_.oneway;
    target.retried = options_.retry;
    if (options_.direct) target.path = Path::direct;
    notes_.attach(target);
    object.target = std::move(target);
    return object;
  }

  /// Makes one call and prints what comes.
  /// @return the object that it returned, if it did.
  std::optional<detail::CallTarget> call(PreparedCall& call) {
    call.target.timeout = session_.left();
    std::optional<detail::CallTarget> returned;
    std::string result = no_result(options_);
    call.run([&](std::span<const std::byte> reply) {
      result = show_result(call, reply, options_);
      if (call.signature.result.kind == Kind::ref) returned = take_reference(reply);
    });
    std::cout << result;
    show_notes();
    return returned;
  }

  ExitCode read_stream(PreparedCall& call) {
    if (options_.raw) throw UsageError("--raw is for one text, and this method returns a stream");
    if (!options_.repeat.empty())
      throw UsageError("--repeat is not for methods that return a stream");
    call.target.timeout = session_.left();
    StreamLimits limits;
    if (!options_.limit.empty()) limits.items = parse_count("--limit", options_.limit);
    if (call.target.own_timeout) limits.until = std::chrono::steady_clock::now() + session_.left();
    const ExitCode code = print_stream(call, limits);
    show_notes();
    return code;
  }

  void show_notes() {
    std::cout.flush();
    if (options_.verbose) notes_.show(std::cerr);
  }

 private:
  const CallOptions& options_;
  Session& session_;
  CallNotes notes_;
};

detail::CallTarget find_target(Session& session, const std::string& name, bool wait) {
  if (name.starts_with('@')) return detail::target_of(session.bus(), name);
  return detail::target_of(session.bus(),
                           Uri::for_name(find_object(session, Uri::parse(name), wait)).str());
}

/// The object of the command line.
OpenObject open_first(Run& run, Session& session, const std::string& name, const Place& place,
                      bool wait) {
  try {
    return run.open(find_target(session, name, wait));
  } catch (const NotConnected&) {
    if (!place.daemon) throw;
    throw no_daemon(*place.endpoint);
  }
}

[[noreturn]] void no_object(const std::string& method) {
  throw UsageError(fmt::format("--then: '{}' returns no object to call", method));
}

/// The method of the command line, and those after each --then: each is called on the object that
/// was returned last.
ExitCode call_in_turn(Run& run, OpenObject object, const CallOptions& options,
                      const CommandLine::Parsed& parsed, bool args_given) {
  std::vector<Words> turns{{parsed.words.begin() + 1, parsed.words.end()}};
  turns.insert(turns.end(), parsed.groups.begin(), parsed.groups.end());
  std::optional<std::string> args;
  if (args_given) args = options.args;
  ExitCode code = ExitCode::done;
  bool any_object = false;
  for (std::size_t at = 0; at < turns.size() && code == ExitCode::done; ++at) {
    PreparedCall call = prepare(object, turns[at], std::exchange(args, std::nullopt), read_stdin);
    const Kind result = call.signature.result.kind;
    if (at + 1 < turns.size() && !any_object && result != Kind::ref) no_object(turns[at].front());
    if (result == Kind::stream && !options.oneway) {
      code = run.read_stream(call);
    } else if (!options.repeat.empty()) {
      repeat(call, parse_count("--repeat", options.repeat), options);
    } else {
      if (!options.limit.empty() && turns.size() == 1)
        throw UsageError("--limit is for methods that return a stream");
      if (auto returned = run.call(call)) {
        object = run.open(std::move(*returned));
        any_object = true;
      }
    }
    if (at + 1 < turns.size() && !any_object) no_object(turns[at].front());
  }
  return code;
}

}  // namespace

void CallOptions::add_to(CommandLine& line) {
  common.add_to(line);
  line.option("-a,--args", args, "JSON",
              "All arguments: an array in order, or an object by parameter names;\n"
              "- reads it from stdin");
  line.option("-n,--repeat", repeat, "N",
              "Calls N times, prints the first result and what the calls took");
  line.option("-l,--limit", limit, "N", "Ends a stream after N items");
  line.flag("--batch", batch,
            "Reads lines METHOD [ARG...] from stdin and makes all these calls with\n"
            "one message; a line of JSON for each result, until one fails");
  line.flag("--oneway", oneway, "Does not wait for the method, and prints nothing");
  line.options("--annotate", annotate, "KEY=VALUE",
               "Sends a note with the call; may be given several times");
  line.option("--correlation", correlation, "ID",
              "Text that stands in the logs of all calls that this one leads to");
  line.flag("--direct", direct, "Calls the daemon itself, if it listens, and not by the broker");
  line.flag("--retry", retry,
            "Makes a call again whose answer is lost; the object must keep replies, and\n"
            "runs it once at most");
  line.flag("-r,--raw", raw, "Prints a string or bytes as they are, without quotes");
  line.flag("-w,--wait", wait, "Waits for the broker and the name, as long as --timeout says");
  line.flag("-v,--verbose", verbose, "Shows on stderr the notes that come with the answer");
}

ExitCode call(const CallOptions& options, const CommandLine::Parsed& parsed, bool args_given) {
  check(options, parsed, args_given);
  const Palette colours = palette(options.common.color);
  if (!options.repeat.empty()) parse_count("--repeat", options.repeat);
  if (!options.limit.empty()) parse_count("--limit", options.limit);
  const std::string& name = parsed.words.front();
  std::optional<CorrelationScope> correlated;
  correlate(options.correlation, correlated);
  const Place place = name.starts_with('@') ? Place{} : place_of(Uri::parse(name), options.common);
  Session session(options.common, place.endpoint, options.wait);
  Run run(options, session);
  OpenObject object = open_first(run, session, name, place, options.wait);
  if (options.batch) {
    run_batch(object, read_stdin(), options);
    run.show_notes();
    return ExitCode::done;
  }
  if (parsed.words.size() > 1)
    return call_in_turn(run, std::move(object), options, parsed, args_given);
  std::cout << (options.common.json ? listing_json(object.schema, object.target.object) + '\n'
                                    : listing_text(object.schema, colours));
  return ExitCode::done;
}

}  // namespace rmi::cli
