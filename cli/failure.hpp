// How a program ends when something went wrong: one line, an exit code, what to do next.
#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <rmi/errors.hpp>

#include "cli/exit_code.hpp"

namespace rmi::cli {

/// The command line makes no sense; what() says why.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An exception as a person or a script needs to see it.
struct Failure {
  ExitCode exit = ExitCode::broken;
  std::string type;  ///< "NameNotFound", "std::domain_error", "Usage"
  std::string text;
  std::string hint;  ///< what to do next, where the text does not say it
  Outcome outcome = Outcome::not_executed;
  std::optional<RemoteInfo> remote;  ///< when a method threw
};

Failure describe(const std::exception_ptr& thrown);

/// One line without its newline. Control characters are made visible.
std::string to_line(const Failure& failure, std::string_view program);
/// {"error": {"type", "text", "outcome", "exit", ...}}, on one line.
std::string to_json_line(const Failure& failure);

}  // namespace rmi::cli
