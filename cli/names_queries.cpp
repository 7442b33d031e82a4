// The verbs of rmi-ns that only look.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include <rmi/any_proxy.hpp>
#include <rmi/proxy.hpp>
#include <rmi/uri.hpp>

#include "bus/json.hpp"
#include "cli/duration.hpp"
#include "cli/names_command.hpp"
#include "cli/names_output.hpp"
#include "cli/table.hpp"

namespace rmi::cli {
namespace {

NameFilter filter_of(const NamesOptions& options, Words words) {
  return {.prefix = words.empty() ? std::string() : words.front(),
          .regex = options.regex,
          .tags = {options.tags.begin(), options.tags.end()},
          .any_tag = options.any_tag};
}

Proxy<Names> name_server(Session& session) {
  return Proxy<Names>(session.bus(), "rmi.names").with_timeout(session.left());
}

using Fields = std::vector<std::pair<std::string, std::string>>;

/// What the broker answered as a person reads it: "counters.lost" and its value.
void flatten(const Json& value, const std::string& key, Fields& fields) {
  if (value.is_object()) {
    for (const auto& [inner, item] : value.items())
      flatten(item, key.empty() ? inner : key + "." + inner, fields);
  } else if (value.is_array()) {
    for (const auto& item : value)
      flatten(item, key, fields);
  } else {
    fields.emplace_back(key, value.is_string() ? value.get<std::string>() : to_text(value));
  }
}

}  // namespace

ExitCode list_names(const NamesOptions& options, Words words) {
  Session session(options.common, std::nullopt, false);
  const auto entries = name_server(session)->list(filter_of(options, words));
  if (!options.common.json) {
    std::cout << entries_table(entries, palette(options.common.color));
    return ExitCode::done;
  }
  Json all = Json::array();
  for (const auto& entry : entries)
    all.push_back(entry_json(entry));
  std::cout << to_text(all) << '\n';
  return ExitCode::done;
}

ExitCode count_names(const NamesOptions& options, Words words) {
  Session session(options.common, std::nullopt, false);
  std::cout << name_server(session)->count(filter_of(options, words)) << '\n';
  return ExitCode::done;
}

ExitCode lookup_name(const NamesOptions& options, Words words) {
  Session session(options.common, std::nullopt, false);
  const auto entry = name_server(session)->lookup(words.front());
  std::cout << (options.common.json ? to_text(entry_json(entry)) + '\n'
                                    : entry_fields(entry, palette(options.common.color)));
  return ExitCode::done;
}

ExitCode wait_for_name(const NamesOptions& options, Words words) {
  Session session(options.common, std::nullopt, true);
  const auto entry = name_server(session)->wait(words.front());
  if (options.common.json)
    std::cout << to_text(entry_json(entry)) << '\n';
  else
    std::cout << printable(fmt::format("{} is there, served by {}", entry.name, entry.owner))
              << '\n';
  return ExitCode::done;
}

ExitCode ping(const NamesOptions& options, Words words) {
  Session session(options.common, std::nullopt, false);
  session.bus().wait_connected(session.left());  // its time is not the answer's
  const std::string object = words.empty() ? "rmi.names" : words.front();
  const AnyProxy proxy = AnyProxy(session.bus(), object).with_timeout(session.left());
  const auto start = std::chrono::steady_clock::now();
  proxy.ping();
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
  const std::string who = words.empty() ? "the broker at " + session.bus().broker() : object;
  if (options.common.json)
    std::cout << to_text(Json{{"name", object},
                              {"broker", session.bus().broker()},
                              {"us", static_cast<double>(took.count()) / 1e3}})
              << '\n';
  else
    std::cout << printable(fmt::format("{} answered in {}", who, show_duration(took))) << '\n';
  return ExitCode::done;
}

ExitCode broker_info(const NamesOptions& options, Words) {
  Session session(options.common, std::nullopt, false);
  const AnyProxy broker = AnyProxy(session.bus(), "rmi.broker").with_timeout(session.left());
  const std::string text = broker.call_json("info", "[]");
  const Json info = parse_json(text);
  if (options.common.json || !info.is_object()) {
    std::cout << text << '\n';
    return ExitCode::done;
  }
  Fields fields;
  flatten(info, {}, fields);
  std::cout << format_fields(fields, palette(options.common.color));
  return ExitCode::done;
}

}  // namespace rmi::cli
