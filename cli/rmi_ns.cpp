// The program rmi-ns: looks at the names of a broker and changes them.
#include <fmt/format.h>

#include "cli/names_command.hpp"
#include "cli/names_completion.hpp"
#include "cli/program.hpp"

namespace {

std::string more() {
  std::string text = "Commands:\n";
  for (const auto& verb : rmi::cli::verbs())
    text += fmt::format("  {:<38} {}\n", fmt::format("{} {}", verb.name, verb.words), verb.purpose);
  text +=
      "\n"
      "Exit codes: 0 done, 2 usage, 3 no such name or nothing matched, 4 timeout, 5 not "
      "reachable,\n"
      "6 denied, 7 bad arguments, 8 refused for now (the name is taken, overloaded, draining),\n"
      "9 a fault of this program or machine.\n"
      "\n"
      "Examples:\n"
      "  rmi-ns list --tag printer\n"
      "  rmi-ns register printer rminame:printer-2nd-floor --tag alias\n"
      "  rmi-ns remove --regex 'test\\..*' --yes\n"
      "  rmi-ns wait server --timeout 10s\n"
      "  rmi-ns drain 'greeter[4711] on alpha'\n"
      "  rmi-ns watch --tag printer --json";
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace rmi::cli;
  CommandLine line({.program = "rmi-ns",
                    .purpose = "Looks at the names that a broker knows, and changes them.",
                    .usages = {"[OPTIONS] COMMAND [WORD...]"},
                    .more = more()});
  NamesOptions options;
  options.add_to(line);
  const Program program{
      .name = "rmi-ns",
      .complete =
          [&](std::span<const std::string> words) { return complete_names(line, options, words); },
      .run =
          [&](const CommandLine::Parsed& parsed) { return run_verb(options, line, parsed.words); }};
  return run_program(program, line, argc, argv);
}
