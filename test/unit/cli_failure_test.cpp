// Every error is one line that says what to do, and an exit code of its kind.
#include "cli/failure.hpp"

#include <catch2/catch.hpp>
#include <rmi/uri.hpp>

using namespace rmi;
using cli::ExitCode;

namespace {

template <class E>
cli::Failure failure_of(const E& error) {
  return cli::describe(std::make_exception_ptr(error));
}

template <class E>
std::string line_of(const E& error) {
  return cli::to_line(failure_of(error), "rmi-call");
}

struct RemoteDomainError : std::domain_error, RemoteInfo {
  using std::domain_error::domain_error;
};

RemoteDomainError division_by_zero() {
  RemoteDomainError error("division by zero");
  error.type = "std::domain_error";
  error.text = "division by zero";
  error.object = "calculator";
  error.method = "divide";
  error.host = "alpha";
  error.process = "calculator[4711]";
  return error;
}

}  // namespace

TEST_CASE("exit codes tell the kinds of errors apart") {
  CHECK(failure_of(division_by_zero()).exit == ExitCode::threw);
  CHECK(failure_of(cli::UsageError("x")).exit == ExitCode::usage);
  CHECK(failure_of(UriError("x")).exit == ExitCode::usage);
  CHECK(failure_of(NameNotFound("x")).exit == ExitCode::not_found);
  CHECK(failure_of(MethodNotFound("x")).exit == ExitCode::not_found);
  CHECK(failure_of(TimeoutError("x")).exit == ExitCode::timeout);
  CHECK(failure_of(NotConnected("x")).exit == ExitCode::not_reachable);
  CHECK(failure_of(ConnectionLost("x")).exit == ExitCode::not_reachable);
  CHECK(failure_of(ProtocolError("x")).exit == ExitCode::not_reachable);
  CHECK(failure_of(AccessDenied("x")).exit == ExitCode::denied);
  CHECK(failure_of(BadArguments("x")).exit == ExitCode::bad_call);
  CHECK(failure_of(SignatureMismatch("x")).exit == ExitCode::bad_call);
  CHECK(failure_of(MessageTooLarge("x")).exit == ExitCode::bad_call);
  CHECK(failure_of(Overloaded("x")).exit == ExitCode::refused);
  CHECK(failure_of(Draining("x")).exit == ExitCode::refused);
  CHECK(failure_of(NameTaken("x")).exit == ExitCode::refused);
  CHECK(failure_of(std::runtime_error("x")).exit == ExitCode::broken);
  CHECK(failure_of(7).exit == ExitCode::broken);
}

TEST_CASE("what a method threw is told with type, text and place") {
  CHECK(line_of(division_by_zero()) ==
        "std::domain_error: division by zero (calculator.divide in calculator[4711] on alpha)");
  RemoteDomainError nested = division_by_zero();
  nested.causes.push_back({"std::runtime_error", "disk full"});
  CHECK(line_of(nested) ==
        "std::domain_error: division by zero (calculator.divide in calculator[4711] on alpha); "
        "caused by std::runtime_error: disk full");
}

TEST_CASE("a line says what to do next, once") {
  CHECK(line_of(NameNotFound("no object 'servr'; did you mean 'server'?")) ==
        "rmi-call: no object 'servr'; did you mean 'server'?");
  CHECK(line_of(NameNotFound("no object 'x'")) ==
        "rmi-call: no object 'x'; `rmi-ns list` shows the names there are");
  CHECK(line_of(cli::UsageError("NAME is missing")) ==
        "rmi-call: NAME is missing; see rmi-call --help");
  CHECK(line_of(cli::UsageError("no 'lst'; did you mean 'list'?")) ==
        "rmi-call: no 'lst'; did you mean 'list'?");
}

TEST_CASE("a text with line ends and escapes stays one harmless line") {
  RemoteDomainError error = division_by_zero();
  error.text = "a\nb\x1b[2J";
  CHECK(line_of(error) ==
        "std::domain_error: a\\nb\\x1b[2J (calculator.divide in calculator[4711] on alpha)");
}

TEST_CASE("as JSON an error has type, text, outcome, exit code and where it was thrown") {
  CHECK(cli::to_json_line(failure_of(division_by_zero())) ==
        R"({"error":{"type":"std::domain_error","text":"division by zero","outcome":"executed",)"
        R"("exit":1,"object":"calculator","method":"divide","host":"alpha",)"
        R"("process":"calculator[4711]"}})");
  CHECK(cli::to_json_line(failure_of(ConnectionLost("the connection broke"))) ==
        R"({"error":{"type":"ConnectionLost","text":"the connection broke","outcome":"unknown",)"
        R"("exit":5,"hint":"look whether it ran before calling again"}})");
}
