// Keys by libzmq, files by bus/keys.
#include "cli/keys_command.hpp"

#include <fmt/format.h>

#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include <rmi/schema.hpp>

#include "bus/keys.hpp"
#include "cli/completion.hpp"
#include "cli/failure.hpp"
#include "cli/terminal.hpp"

namespace rmi::cli {
namespace {

std::string made_keys(const std::string& file) {
  const KeyPair keys = new_keys();
  write_keys(file, keys);
  return keys.public_key;
}

void require_verb(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& verb : keys_verbs) {
    if (verb.name == name) return;
    known.emplace_back(verb.name);
  }
  throw UsageError(fmt::format("there is no command '{}'{}", name, did_you_mean(name, known)));
}

}  // namespace

void KeysOptions::add_to(CommandLine& line) {
  line.flag("-j,--json", json, "Prints JSON on one line, errors too");
}

ExitCode run_keys(const KeysOptions& options, std::span<const std::string> words) {
  if (words.empty()) throw UsageError("what to do is missing, such as `rmi-keys new FILE`");
  const std::string& verb = words.front();
  require_verb(verb);
  if (words.size() != 2)
    throw UsageError(fmt::format("expected: rmi-keys {} FILE, got {} word{} after {}", verb,
                                 words.size() - 1, words.size() == 2 ? "" : "s", verb));
  const std::string& file = words[1];
  const std::string key = verb == "new" ? made_keys(file) : read_keys(file).public_key;
  if (options.json)
    std::cout << nlohmann::ordered_json{{"file", file}, {"public", key}}.dump(
                     -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << '\n';
  else
    std::cout << key << '\n';
  return ExitCode::done;
}

std::string complete_keys(CommandLine& command, std::span<const std::string> line) {
  Candidates candidates(line.empty() ? std::string() : line.back());
  try {
    const auto typed = complete_options(command, line, candidates);
    if (typed && typed->words.empty())
      for (const auto& verb : keys_verbs)
        candidates.add(verb.name, verb.purpose);
  } catch (const std::exception&) {
    // Whatever is wrong, a message in the middle of the line that is being typed helps nobody.
  }
  return candidates.lines();
}

}  // namespace rmi::cli
