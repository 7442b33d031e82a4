// Kinds of work from the table, names from the broker.
#include "cli/bench_completion.hpp"

#include <exception>

#include "cli/bench_work.hpp"
#include "cli/completion.hpp"

namespace rmi::cli {

std::string complete_bench(CommandLine& command, BenchOptions& options,
                           std::span<const std::string> line) {
  Candidates candidates(line.empty() ? std::string() : line.back());
  try {
    const std::string before = line.size() > 1 ? line[line.size() - 2] : std::string();
    if (before == "--work" || before == "-w") {
      for (const BenchWork& work : bench_works())
        candidates.add(work.name, work.purpose);
      return candidates.lines();
    }
    const auto typed = complete_options(command, line, candidates);
    if (typed && typed->words.empty()) {
      Session session = completion_session(options.common);
      add_names(session, typed->current, candidates);
    }
  } catch (const std::exception&) {
    // Whatever is wrong, a message in the middle of the line that is being typed helps nobody.
  }
  return candidates.lines();
}

}  // namespace rmi::cli
