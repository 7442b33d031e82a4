// The program rmi-bench: measures calls of an object of rmi-echo.
#include <fmt/format.h>

#include "cli/bench.hpp"
#include "cli/bench_completion.hpp"
#include "cli/bench_work.hpp"
#include "cli/command_line.hpp"
#include "cli/program.hpp"

namespace {

std::string more() {
  std::string text = "Work:\n";
  for (const auto& work : rmi::cli::bench_works())
    text += fmt::format("  {:<12} {}\n", work.name, work.purpose);
  text +=
      "\n"
      "Exit codes: 0 done, 1 the method threw, 2 usage, 3 no such name, 4 timeout,\n"
      "5 not reachable, 6 denied, 7 not an object of rmi-echo or the size is too large,\n"
      "8 refused for now (overloaded, draining), 9 a fault of this program or machine,\n"
      "130 Ctrl-C ended it.\n"
      "\n"
      "Examples:\n"
      "  rmi-echo --concurrent &\n"
      "  rmi-bench echo\n"
      "  rmi-bench echo --work serial --work in-flight --in-flight 256 --seconds 5\n"
      "  rmi-bench echo --size 1048576 --work serial --calls 100 --json\n"
      "  rmi-bench rmi:echo@tcp://127.0.0.1:7801 --work serial,threads";
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace rmi::cli;
  CommandLine line({.program = "rmi-bench",
                    .purpose = "Measures calls of an object that rmi-echo serves.",
                    .usages = {"[OPTIONS] URI"},
                    .more = more()});
  BenchOptions options;
  options.add_to(line);
  const Program program{
      .name = "rmi-bench",
      .complete =
          [&](std::span<const std::string> words) { return complete_bench(line, options, words); },
      .run = [&](const CommandLine::Parsed& parsed) { return bench(options, parsed.words); }};
  return run_program(program, line, argc, argv);
}
