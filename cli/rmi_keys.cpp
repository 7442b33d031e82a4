// The program rmi-keys: makes the keys that programs and brokers know each other by.
#include <fmt/format.h>

#include "cli/keys_command.hpp"
#include "cli/program.hpp"

namespace {

std::string more() {
  std::string text = "Commands:\n";
  for (const auto& verb : rmi::cli::keys_verbs)
    text += fmt::format("  {:<14} {}\n", fmt::format("{} FILE", verb.name), verb.purpose);
  text +=
      "\n"
      "Exit codes: 0 done, 2 usage, 9 the file is there already, cannot be used, or is open to\n"
      "others than its owner.\n"
      "\n"
      "Examples:\n"
      "  rmi-keys new broker.keys\n"
      "  rmi-keys new alice.keys\n"
      "  echo \"$(rmi-keys public alice.keys) alice\" >> authorized.keys\n"
      "  rmi-broker --key broker.keys --authorized authorized.keys &\n"
      "  export RMI_KEY_FILE=alice.keys RMI_BROKER_KEY=\"$(rmi-keys public broker.keys)\"\n"
      "  rmi-ns list";
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace rmi::cli;
  CommandLine line({.program = "rmi-keys",
                    .purpose = "Makes keys for programs and brokers, and shows public ones.",
                    .usages = {"[OPTIONS] COMMAND FILE"},
                    .more = more()});
  KeysOptions options;
  options.add_to(line);
  const Program program{
      .name = "rmi-keys",
      .complete = [&](std::span<const std::string> words) { return complete_keys(line, words); },
      .run = [&](const CommandLine::Parsed& parsed) { return run_keys(options, parsed.words); }};
  return run_program(program, line, argc, argv);
}
