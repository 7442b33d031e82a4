// The program rmi-call: calls any object from a shell.
#include <span>

#include "cli/call.hpp"
#include "cli/call_completion.hpp"
#include "cli/command_line.hpp"
#include "cli/program.hpp"

namespace {

constexpr const char* more =
    "An argument is typed by the signature: a bare word is a string where a string is wanted "
    "(also\n"
    "42 and true), an enumerator where an enum is; anything else is JSON. name=value gives the\n"
    "parameter of that name; - reads one argument from stdin (for a string or bytes: all of it, "
    "as\n"
    "it is). Without METHOD: lists the methods. A stream is printed item by item, until Ctrl-C.\n"
    "\n"
    "Further calls:\n"
    "  --then METHOD [ARG...]      Calls the object that was returned last; may be repeated\n"
    "\n"
    "Exit codes: 0 done, 1 the method threw, 2 usage, 3 no such name or method, 4 timeout,\n"
    "5 not reachable, 6 denied, 7 bad arguments or signature, 8 refused for now (overloaded,\n"
    "draining), 9 a fault of this program or machine, 130 Ctrl-C ended a stream.\n"
    "\n"
    "Examples:\n"
    "  rmi-call server\n"
    "  rmi-call server welcome_message Rashmi\n"
    "  rmi-call calculator divide a=7 b=2 --timeout 2s\n"
    "  rmi-call calculator summarize '[1, 2, 3.5]' --repeat 1000\n"
    "  rmi-call ticker prices --limit 10\n"
    "  rmi-call bank open Ann --then deposit 5 --then balance";

}  // namespace

int main(int argc, char** argv) {
  using namespace rmi::cli;
  CommandLine line(
      {.program = "rmi-call",
       .purpose = "Calls a method of an object on the bus, or lists what it can do.",
       .usages = {"[OPTIONS] NAME", "[OPTIONS] NAME METHOD [ARG...] [--then METHOD [ARG...]]..."},
       .more = more,
       .separator = "--then",
       .separator_help = "Calls the object that was returned last"});
  CallOptions options;
  options.add_to(line);
  const Program program{
      .name = "rmi-call",
      .complete =
          [&](std::span<const std::string> words) { return complete_call(line, options, words); },
      .run =
          [&](const CommandLine::Parsed& parsed) {
            return call(options, parsed, line.given("--args"));
          }};
  return run_program(program, line, argc, argv);
}
