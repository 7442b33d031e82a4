// The verbs of rmi-ns that change something.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include <rmi/broker_control.hpp>
#include <rmi/names.hpp>
#include <rmi/proxy.hpp>
#include <rmi/uri.hpp>

#include "bus/json.hpp"
#include "cli/failure.hpp"
#include "cli/names_command.hpp"
#include "cli/terminal.hpp"

namespace rmi::cli {
namespace {

Proxy<Names> name_server(Session& session) {
  return Proxy<Names>(session.bus(), "rmi.names").with_timeout(session.left());
}

/// Asks a person; a script is not asked.
bool agreed(const NamesOptions& options, std::uint64_t count) {
  if (options.yes || count < 2 || !stdin_is_terminal()) return true;
  std::cerr << fmt::format("Remove {} names? [y/N] ", count);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

std::string described(const NameFilter& filter) {
  std::string text;
  if (!filter.prefix.empty()) text += fmt::format("begins with '{}'", filter.prefix);
  if (!filter.prefix.empty() && !filter.regex.empty()) text += " and ";
  if (!filter.regex.empty()) text += fmt::format("matches '{}'", filter.regex);
  return text;
}

ExitCode report_removed(std::uint64_t count, bool json) {
  if (json)
    std::cout << to_text(Json{{"removed", count}}) << '\n';
  else
    std::cout << fmt::format("{} removed\n", count);
  return ExitCode::done;
}

}  // namespace

ExitCode register_name(const NamesOptions& options, Words words) {
  const Uri uri = Uri::parse(words[1]);
  Session session(options.common, std::nullopt, false);
  NameOffer offer;
  offer.name = words[0];
  offer.tags = {options.tags.begin(), options.tags.end()};
  offer.mode = options.replace ? NameMode::replace : NameMode::safe;
  offer.target = uri.str();
  offer.durable = options.durable;
  const std::uint64_t registration = name_server(session)->enter(offer);
  if (options.common.json)
    std::cout << to_text(Json{{"name", offer.name},
                              {"target", offer.target},
                              {"registration", registration}})
              << '\n';
  else
    std::cout << printable(fmt::format("{} stands for {}", offer.name, offer.target)) << '\n';
  return ExitCode::done;
}

ExitCode remove_names(const NamesOptions& options, Words words) {
  NameFilter filter;
  filter.prefix = options.prefix;
  filter.regex = options.regex;
  const bool matching = !filter.prefix.empty() || !filter.regex.empty();
  if (matching == !words.empty())
    throw UsageError("remove takes either a NAME, or --prefix and --regex");
  Session session(options.common, std::nullopt, false);
  if (!matching) {
    const std::uint64_t count = name_server(session)->remove(words.front());
    if (count == 0)
      throw NameNotFound(fmt::format("there is no name '{}' to remove", words.front()));
    return report_removed(count, options.common.json);
  }
  const std::uint64_t before = name_server(session)->count(filter);
  if (before == 0) throw NameNotFound(fmt::format("there is no name that {}", described(filter)));
  if (!agreed(options, before)) return report_removed(0, options.common.json);
  return report_removed(name_server(session)->remove_matching(filter), options.common.json);
}

ExitCode name_tags(const NamesOptions& options, Words words) {
  if (options.clear && words.size() > 1) throw UsageError("tags takes either new tags or --clear");
  Session session(options.common, std::nullopt, false);
  const std::string& name = words.front();
  if (options.clear || words.size() > 1)
    name_server(session)->set_tags(name, {words.begin() + 1, words.end()});
  const auto tags = name_server(session)->tags(name);
  if (options.common.json) {
    std::cout << to_text(Json(tags)) << '\n';
    return ExitCode::done;
  }
  for (const auto& tag : tags)
    std::cout << printable(tag) << '\n';
  return ExitCode::done;
}

ExitCode drain(const NamesOptions& options, Words words) {
  Session session(options.common, std::nullopt, false);
  const Proxy<BrokerControl> broker(session.bus(), "rmi.broker");
  const auto told = broker.with_timeout(session.left())->drain(words.front());
  if (options.common.json) {
    std::cout << to_text(Json{{"told", told}}) << '\n';
    return ExitCode::done;
  }
  for (const auto& who : told)
    std::cout << printable(fmt::format("{} drains", who)) << '\n';
  return ExitCode::done;
}

}  // namespace rmi::cli
