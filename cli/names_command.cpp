// The table of verbs, and which options go with which.
#include "cli/names_command.hpp"

#include <fmt/format.h>

#include <rmi/schema.hpp>

#include "cli/failure.hpp"
#include "cli/terminal.hpp"

namespace rmi::cli {
namespace {

constexpr std::size_t any_number = 1000;

constexpr std::array<Verb, 14> table{{
    {"list", "[PREFIX]", "--regex --tag --any-tag",
     "Lists the names, with interface, owner and tags", 0, 1, true, list_names},
    {"count", "[PREFIX]", "--regex --tag --any-tag", "Prints how many entries there are", 0, 1,
     true, count_names},
    {"lookup", "NAME", "", "Shows what a call to the name would reach", 1, 1, true, lookup_name},
    {"register", "NAME URI", "--tag --replace --durable",
     "Enters a name that stands for another object", 2, 2, false, register_name},
    {"remove", "NAME | --prefix P | --regex R", "--prefix --regex --yes",
     "Removes a name, or all that match", 0, 1, true, remove_names},
    {"tags", "NAME [TAG...]", "--clear", "Shows the tags of a name, or sets them", 1, any_number,
     true, name_tags},
    {"ping", "[NAME]", "", "Tells how long the broker, or an object, takes to answer", 0, 1, true,
     ping},
    {"wait", "NAME", "", "Waits until the name is there", 1, 1, true, wait_for_name},
    {"watch", "", "--prefix --regex --tag --any-tag",
     "Prints the names that are there, and what happens to them, until stopped", 0, 0, false,
     watch_names},
    {"stats", "[PREFIX]", "", "Shows what became of calls since the broker started, by name", 0, 1,
     true, show_stats},
    {"top", "[PREFIX]", "--interval --count",
     "Shows the busiest names again and again, until stopped", 0, 1, true, show_top},
    {"limits", "", "",
     "Shows the limits of the broker, what is used of them, and what they refused", 0, 0, false,
     show_limits},
    {"drain", "NAME | DAEMON | broker", "",
     "Has who serves a name, a daemon, or the broker itself end in order", 1, 1, true, drain},
    {"info", "", "", "Shows what the broker says about itself", 0, 0, false, broker_info},
}};

constexpr std::array<std::string_view, 10> special_options{
    "--tag",     "--any-tag", "--regex", "--prefix",   "--replace",
    "--durable", "--clear",   "--yes",   "--interval", "--count"};

bool allows(const Verb& verb, std::string_view option) {
  std::string_view rest = verb.options;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == option) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

const Verb& find_verb(const std::string& name) {
  std::vector<std::string> known;
  for (const Verb& verb : table) {
    if (verb.name == name) return verb;
    known.emplace_back(verb.name);
  }
  throw UsageError(fmt::format("there is no command '{}'{}", name, did_you_mean(name, known)));
}

}  // namespace

std::span<const Verb> verbs() {
  return table;
}

void NamesOptions::add_to(CommandLine& line) {
  common.add_to(line);
  line.options("--tag", tags, "TAG",
               "list, count, watch: entries that have it; register: gives it;\nmay be repeated");
  line.flag("--any-tag", any_tag, "list, count, watch: one of the tags is enough");
  line.option("--regex", regex, "REGEX",
              "list, count, watch, remove: names that match as a whole (ECMAScript)");
  line.option("--prefix", prefix, "PREFIX", "watch, remove: names that begin with it");
  line.flag("--replace", replace, "register: takes the name over if it is there");
  line.flag("--durable", durable, "register: keeps the name when the broker ends");
  line.flag("--clear", clear, "tags: removes all tags");
  line.option("--interval", interval, "TIME", "top: how often to look (1s)");
  line.option("--count", count, "N", "top: ends after that many looks");
  line.flag("-y,--yes", yes, "remove: does not ask");
}

ExitCode run_verb(const NamesOptions& options, const CommandLine& line, Words words) {
  if (words.empty()) throw UsageError("what to do is missing, such as `rmi-ns list`");
  const Verb& verb = find_verb(words.front());
  const std::size_t given = words.size() - 1;
  if (given < verb.least || given > verb.most)
    throw UsageError(fmt::format("expected: rmi-ns {}{}{}, got {} word{} after {}", verb.name,
                                 verb.words.empty() ? "" : " ", verb.words, given,
                                 given == 1 ? "" : "s", verb.name));
  for (const auto option : special_options)
    if (line.given(std::string(option)) && !allows(verb, option))
      throw UsageError(fmt::format("{} does not go with {}", option, verb.name));
  palette(options.common.color);  // throws before anything is done
  return verb.run(options, words.subspan(1));
}

}  // namespace rmi::cli
