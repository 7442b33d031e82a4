// From the arguments of main() to the exit code.
#include "cli/program.hpp"

#include <algorithm>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <vector>

#include "cli/failure.hpp"

namespace rmi::cli {
namespace {

ExitCode parse_and_run(const Program& program, CommandLine& line, int argc,
                       const char* const* argv) {
  const auto parsed = line.parse(argc, argv);
  if (!parsed.print) return program.run(parsed);
  std::cout << *parsed.print;
  return ExitCode::done;
}

bool wants_json(std::span<const char* const> words) {
  const auto end = std::find(words.begin(), words.end(), std::string_view("--"));
  return std::any_of(words.begin(), end,
                     [](std::string_view word) { return word == "--json" || word == "-j"; });
}

}  // namespace

int run_program(const Program& program, CommandLine& line, int argc, const char* const* argv) {
  const std::span words(argv, static_cast<std::size_t>(argc));
  if (words.size() > 1 && words[1] == std::string_view("--complete")) {
    const std::vector<std::string> typed(words.begin() + 2, words.end());
    std::cout << program.complete(typed);
    return 0;
  }
  try {
    const ExitCode code = parse_and_run(program, line, argc, argv);
    std::cout.flush();
    if (!std::cout) throw std::runtime_error("cannot write the output; is the disk full?");
    return static_cast<int>(code);
  } catch (...) {
    std::cout.flush();
    const Failure failure = describe(std::current_exception());
    std::cerr << (wants_json(words) ? to_json_line(failure) : to_line(failure, program.name))
              << '\n';
    return static_cast<int>(failure.exit);
  }
}

}  // namespace rmi::cli
