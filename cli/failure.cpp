// Sorts exceptions by what the user does next.
#include "cli/failure.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include <rmi/uri.hpp>

#include "cli/terminal.hpp"

namespace rmi::cli {
namespace {

struct Sorting {
  ErrorCode code;
  ExitCode exit;
  std::string_view hint;
  std::string_view unless = "\n";  ///< what is in a text that says what to do by itself
};

constexpr std::array<Sorting, 15> sortings{{
    {ErrorCode::not_connected, ExitCode::not_reachable,
     "start a broker with `rmi-broker`, or name another with --broker or $RMI_BROKER",
     "rmi-broker"},
    {ErrorCode::name_not_found, ExitCode::not_found, "`rmi-ns list` shows the names there are",
     "did you mean"},
    {ErrorCode::method_not_found, ExitCode::not_found,
     "`rmi-call NAME` shows the methods there are", "did you mean"},
    {ErrorCode::signature_mismatch, ExitCode::bad_call,
     "its methods changed just now, `rmi-call NAME` shows them", "rmi-echo"},
    {ErrorCode::overloaded, ExitCode::refused, "try again later"},
    {ErrorCode::draining, ExitCode::refused, "try again later"},
    {ErrorCode::access_denied, ExitCode::denied, "ask whoever runs the broker for the right"},
    {ErrorCode::bad_arguments, ExitCode::bad_call, ""},
    {ErrorCode::message_too_large, ExitCode::bad_call, "send it in parts"},
    {ErrorCode::connection_lost, ExitCode::not_reachable,
     "look whether it ran before calling again"},
    {ErrorCode::timeout, ExitCode::timeout, "--timeout gives it more time"},
    {ErrorCode::cancelled, ExitCode::not_reachable, "look whether it ran before calling again"},
    {ErrorCode::remote, ExitCode::threw, ""},
    {ErrorCode::name_taken, ExitCode::refused, "--replace takes it over", "--replace"},
    {ErrorCode::protocol, ExitCode::not_reachable,
     "check that --broker names an rmi-broker of this version"},
}};

void sort(Failure& failure, const Error& error) {
  failure.type = to_string(error.code());
  failure.text = error.what();
  failure.outcome = error.outcome();
  for (const auto& sorting : sortings) {
    if (sorting.code != error.code()) continue;
    failure.exit = sorting.exit;
    if (failure.text.find(sorting.unless) == std::string::npos) failure.hint = sorting.hint;
  }
}

Failure broken(std::string text) {
  Failure failure;
  failure.type = "Fault";
  failure.text = std::move(text);
  return failure;
}

Failure from_remote(const RemoteInfo& info) {
  Failure failure;
  failure.exit = ExitCode::threw;
  failure.type = info.type;
  failure.text = info.text;
  failure.outcome = Outcome::executed;
  failure.remote = info;
  return failure;
}

std::string remote_line(const Failure& failure) {
  const RemoteInfo& info = *failure.remote;
  std::string line = fmt::format("{}: {} ({}.{} in {} on {})", info.type, info.text, info.object,
                                 info.method, info.process, info.host);
  for (const auto& cause : info.causes)
    line += fmt::format("; caused by {}: {}", cause.type, cause.text);
  return line;
}

}  // namespace

Failure describe(const std::exception_ptr& thrown) {
  Failure failure;
  try {
    std::rethrow_exception(thrown);
  } catch (const RemoteInfo& info) {  // first: a remote exception is a std one too
    return from_remote(info);
  } catch (const Error& error) {
    sort(failure, error);
  } catch (const UsageError& error) {
    failure.exit = ExitCode::usage;
    failure.type = "Usage";
    failure.text = error.what();
  } catch (const UriError& error) {
    failure.exit = ExitCode::usage;
    failure.type = "UriError";
    failure.text = error.what();
  } catch (const std::bad_alloc&) {
    return broken("there is not enough memory");
  } catch (const std::exception& error) {
    return broken(error.what());
  } catch (...) {
    return broken("an exception of an unknown type");
  }
  return failure;
}

std::string to_line(const Failure& failure, std::string_view program) {
  if (failure.remote) return printable(remote_line(failure));
  std::string line = fmt::format("{}: {}", program, failure.text);
  if (!failure.hint.empty()) line += "; " + failure.hint;
  if (failure.exit == ExitCode::usage && !line.ends_with('?'))
    line += fmt::format("; see {} --help", program);
  return printable(line);
}

std::string to_json_line(const Failure& failure) {
  nlohmann::ordered_json error{{"type", failure.type},
                               {"text", failure.text},
                               {"outcome", std::string(to_string(failure.outcome))},
                               {"exit", static_cast<int>(failure.exit)}};
  if (!failure.hint.empty()) error["hint"] = failure.hint;
  if (failure.remote) {
    const RemoteInfo& info = *failure.remote;
    error["object"] = info.object;
    error["method"] = info.method;
    error["host"] = info.host;
    error["process"] = info.process;
    for (const auto& cause : info.causes)
      error["causes"].push_back({{"type", cause.type}, {"text", cause.text}});
  }
  const nlohmann::ordered_json whole{{"error", std::move(error)}};
  return whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace rmi::cli
